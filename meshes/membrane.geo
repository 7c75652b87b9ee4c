// A square membrane over a round hole in its frame, warmed or cooled in a small disk in its middle.
// Plane z = 0 is the top face. Lengths in micrometres.
// Regions:    "membrane", "spot" (where a particle stands)
// Boundaries: "top", "bottom" (free, over the hole), "frame" (held), "edge" (outer side faces)
SetFactory("OpenCASCADE");

DefineConstant[
  width     = {200, Name "membrane/width"},
  thickness = {0.5, Name "membrane/thickness"},
  hole      = {60,  Name "membrane/hole radius"},
  spot      = {2,   Name "membrane/spot radius"}
];

Box(1) = {-width/2, -width/2, -thickness, width, width, thickness};
Cylinder(2) = {0, 0, -thickness, 0, 0, thickness, spot};
// A disk on the lower face marks where the frame ends.
Circle(1001) = {0, 0, -thickness, hole};
Curve Loop(1001) = {1001};
Plane Surface(1001) = {1001};
BooleanFragments{ Volume{1, 2}; Delete; }{ Surface{1001}; Delete; }

e = thickness/1000;
half = width/2;
spot_volume() = Volume In BoundingBox {-spot-e, -spot-e, -thickness-e, spot+e, spot+e, e};
all_volumes() = Volume{:};
sheet_volumes() = all_volumes();
sheet_volumes() -= spot_volume();

top() = Surface In BoundingBox {-half-e, -half-e, -e, half+e, half+e, e};
lower() = Surface In BoundingBox {-half-e, -half-e, -thickness-e, half+e, half+e, -thickness+e};
free() = Surface In BoundingBox {-hole-e, -hole-e, -thickness-e, hole+e, hole+e, -thickness+e};
frame() = lower();
frame() -= free();
edge() = Surface In BoundingBox {-half-e, -half-e, -thickness-e, -half+e, half+e, e};
edge() += Surface In BoundingBox {half-e, -half-e, -thickness-e, half+e, half+e, e};
edge() += Surface In BoundingBox {-half-e, -half-e, -thickness-e, half+e, -half+e, e};
edge() += Surface In BoundingBox {-half-e, half-e, -thickness-e, half+e, half+e, e};

Physical Volume("membrane") = sheet_volumes();
Physical Volume("spot") = spot_volume();
Physical Surface("top") = top();
Physical Surface("bottom") = free();
Physical Surface("frame") = frame();
Physical Surface("edge") = edge();

// Fine at the spot, coarse towards the frame; the sheet is one element thick away from the spot.
Field[1] = MathEval;
Field[1].F = Sprintf("%g + 0.12*sqrt(x*x + y*y)", spot/4);
Background Field = 1;
Mesh.MeshSizeExtendFromBoundary = 0;
Mesh.MeshSizeFromPoints = 0;
Mesh.MeshSizeFromCurvature = 0;
