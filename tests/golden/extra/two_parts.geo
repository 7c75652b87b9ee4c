// Two blocks side by side in the plane, joined along x = 2.
// Regions: "first", "second"; boundaries: "hot", "cold", "above".
SetFactory("OpenCASCADE");
Rectangle(1) = {0, 0, 0, 2, 1};
Rectangle(2) = {2, 0, 0, 1, 1};
BooleanFragments{ Surface{1, 2}; Delete; }{}
e = 1e-3;
Physical Surface("first") = Surface In BoundingBox {-e, -e, -e, 2 + e, 1 + e, e};
Physical Surface("second") = Surface In BoundingBox {2 - e, -e, -e, 3 + e, 1 + e, e};
Physical Curve("hot") = Curve In BoundingBox {-e, -e, -e, e, 1 + e, e};
Physical Curve("cold") = Curve In BoundingBox {3 - e, -e, -e, 3 + e, 1 + e, e};
Physical Curve("above") = Curve In BoundingBox {-e, 1 - e, -e, 3 + e, 1 + e, e};
Mesh.MeshSizeMax = 0.3;
