// Two concentric hollow spheres in the half plane (r, z), which see each other across a gap.
// Regions:    "inner", "outer"
// Boundaries: "inner_in", "inner_out", "outer_in", "outer_out"; the axis has no name.
SetFactory("OpenCASCADE");

DefineConstant[
  r1 = {0.8, Name "inner sphere/inner radius"},
  r2 = {1.0, Name "inner sphere/outer radius"},
  r3 = {2.0, Name "outer sphere/inner radius"},
  r4 = {2.2, Name "outer sphere/outer radius"},
  h  = {0.1, Name "cell size"}
];

radii[] = {r1, r2, r3, r4};
Point(1) = {0, 0, 0};
For i In {0:3}
  Point(10 + i) = {0, -radii[i], 0};
  Point(20 + i) = {radii[i], 0, 0};
  Point(30 + i) = {0, radii[i], 0};
  Circle(100 + i) = {10 + i, 1, 20 + i};
  Circle(200 + i) = {20 + i, 1, 30 + i};
EndFor
For i In {0:2:2}
  Line(300 + i) = {10 + i, 11 + i};
  Line(400 + i) = {31 + i, 30 + i};
  Curve Loop(1 + i) = {300 + i, 101 + i, 201 + i, 400 + i, -(200 + i), -(100 + i)};
  Plane Surface(1 + i) = {1 + i};
EndFor

Physical Surface("inner") = {1};
Physical Surface("outer") = {3};
Physical Curve("inner_in") = {100, 200};
Physical Curve("inner_out") = {101, 201};
Physical Curve("outer_in") = {102, 202};
Physical Curve("outer_out") = {103, 203};

Mesh.MeshSizeMax = h;
Mesh.MeshSizeFromPoints = 0;
