// What pages use of vtk.js. vtk.min.js is made from this file, unchanged sources from npm:
//   npm install @kitware/vtk.js@37.4.3 esbuild && npx esbuild vtk.entry.js --bundle --minify
//     --format=iife --outfile=vtk.min.js
// Licences of what is bundled: vtk.LICENSES.txt
import '@kitware/vtk.js/Rendering/OpenGL/Profiles/Geometry';
import vtkActor from '@kitware/vtk.js/Rendering/Core/Actor';
import vtkColorTransferFunction from '@kitware/vtk.js/Rendering/Core/ColorTransferFunction';
import vtkDataArray from '@kitware/vtk.js/Common/Core/DataArray';
import vtkInteractorStyleTrackballCamera from '@kitware/vtk.js/Interaction/Style/InteractorStyleTrackballCamera';
import vtkMapper from '@kitware/vtk.js/Rendering/Core/Mapper';
import vtkOpenGLRenderWindow from '@kitware/vtk.js/Rendering/OpenGL/RenderWindow';
import vtkPlane from '@kitware/vtk.js/Common/DataModel/Plane';
import vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData';
import vtkRenderWindow from '@kitware/vtk.js/Rendering/Core/RenderWindow';
import vtkRenderWindowInteractor from '@kitware/vtk.js/Rendering/Core/RenderWindowInteractor';
import vtkRenderer from '@kitware/vtk.js/Rendering/Core/Renderer';

globalThis.vtk = {
  vtkActor, vtkColorTransferFunction, vtkDataArray, vtkInteractorStyleTrackballCamera, vtkMapper,
  vtkOpenGLRenderWindow, vtkPlane, vtkPolyData, vtkRenderWindow, vtkRenderWindowInteractor,
  vtkRenderer,
};
