"""The page that shows a mesh: WebGL by hand, so that it needs no network and no library."""

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Mesh</title>
<style>body{margin:0;font:14px sans-serif;background:#fff;overflow:hidden}
canvas{width:100vw;height:100vh;display:block;touch-action:pinch-zoom}
#box{position:fixed;left:8px;top:8px;background:#fffd;padding:8px;border:1px solid #ccc}
#box label{display:block}button{margin-right:4px}
#box i{display:inline-block;width:12px;height:12px;margin-right:5px;border:1px solid #777}
#bar{position:fixed;left:16px;bottom:16px;background:#fffd;padding:2px 4px;text-align:center}
#bar div{height:4px;background:#222}</style>
<canvas id="c" role="img"></canvas><div id="box"></div><div id="bar"></div><script>
const D=@DATA@,c=document.getElementById("c"),box=document.getElementById("box");
const g=c.getContext("webgl",{preserveDrawingBuffer:true}),bar=document.getElementById("bar");
const fail=t=>{box.textContent=t;throw new Error(t)};
if(!g||!g.getExtension("OES_element_index_uint")||!g.getExtension("OES_standard_derivatives"))
fail("This browser has no WebGL.");
const bytes=t=>Uint8Array.from(atob(t),x=>x.charCodeAt(0)).buffer;
const sh=(k,s)=>{const o=g.createShader(k);g.shaderSource(o,s);g.compileShader(o);return o};
const P=g.createProgram();
g.attachShader(P,sh(g.VERTEX_SHADER,`attribute vec3 p;uniform mat3 R;uniform vec3 m;uniform vec2 s;
uniform float b;varying vec3 q;void main(){q=R*((p-m)*s.y);
gl_Position=vec4(q.x*s.x,q.y,clamp(q.z*0.001-b,-1.,1.),1.);}`));
g.attachShader(P,sh(g.FRAGMENT_SHADER,`#extension GL_OES_standard_derivatives:enable
precision highp float;uniform vec4 k;varying vec3 q;void main(){float l=1.;
if(k.a>.5){vec3 n=normalize(cross(dFdx(q),dFdy(q)));l=.45+.55*abs(n.z);}
gl_FragColor=vec4(k.rgb*l,1.);}`));
g.linkProgram(P);
if(!g.getProgramParameter(P,g.LINK_STATUS))fail("WebGL: "+g.getProgramInfoLog(P));g.useProgram(P);
const U=n=>g.getUniformLocation(P,n),at=g.getAttribLocation(P,"p");g.enableVertexAttribArray(at);
const buf=(k,d)=>{const o=g.createBuffer();g.bindBuffer(k,o);
g.bufferData(k,d,g.STATIC_DRAW);return o};
for(const p of D.parts){p.P=buf(g.ARRAY_BUFFER,bytes(p.points));
let t=bytes(p.triangles);p.n=t.byteLength/4;p.T=buf(g.ELEMENT_ARRAY_BUFFER,t);
t=bytes(p.edges);p.l=t.byteLength/4;p.E=buf(g.ELEMENT_ARRAY_BUFFER,t);p.on=true;
p.c=[1,3,5].map(i=>parseInt(p.colour.substr(i,2),16)/255);}
// a mesh of a plane is looked at from the front, one in space from above
let v=D.views[D.views.length>1?1:0],m=v[1].slice(),z=1/v[2],a=D.flat?0:.6,e=D.flat?0:.35,wires=true;
c.ariaLabel="Mesh of "+D.cells+" cells: "+D.parts.map(p=>p.name).join(", ");
box.innerHTML="<b>"+D.cells+" cells</b>: drag turns, wheel zooms, right drag moves<br>";
for(const w of D.views){const b=document.createElement("button");b.textContent=w[0];
b.onclick=()=>show(w);box.append(b)}
const tick=(name,on,f,col)=>{const l=document.createElement("label"),
i=document.createElement("input");
i.type="checkbox";i.checked=on;i.onchange=()=>{f(i.checked);draw()};l.append(i," "+name);
if(col){const s=document.createElement("i");s.style.background=col;i.after(" ",s)}box.append(l);
return i};
tick("edges",true,x=>wires=x);
for(const p of D.parts)p.i=tick(p.name+(p.size?" \u2014 "+p.size:""),true,x=>p.on=x,p.colour);
// what lies over a contact hides it
const over=n=>["particle_surface","particle_base"].includes(n);
function show(w){m=w[1].slice();z=1/w[2];e=D.flat?0:w[0]==="contact"?.6:.35;if(D.flat)a=0;
for(const p of D.parts)p.on=p.i.checked=w[0]!=="contact"||!over(p.name);draw()}
function ruler(){const px=c.height*z/2,t=Math.pow(10,Math.floor(Math.log10(180/px)));
const L=[5,2,1].map(x=>x*t).find(x=>x*px<=180);
const u=L<1?[1e3,"nm"]:L<1e3?[1,"\u00b5m"]:[1e-3,"mm"];
bar.innerHTML=Number((L*u[0]).toPrecision(3))+" "+u[1]+"<div style=width:"+L*px+"px></div>"}
const rot=()=>{const C=Math.cos(a),S=Math.sin(a),c=Math.cos(e),s=Math.sin(e);
return [C,-S*s,S*c,S,C*s,-C*c,0,c,s]};
function draw(){c.width=c.clientWidth;c.height=c.clientHeight;g.viewport(0,0,c.width,c.height);
g.clearColor(1,1,1,1);g.clear(16640);g.enable(g.DEPTH_TEST);const R=rot();
g.uniformMatrix3fv(U("R"),false,[R[0],R[1],-R[2],R[3],R[4],-R[5],R[6],R[7],-R[8]]);
g.uniform3fv(U("m"),m);g.uniform2f(U("s"),c.height/c.width,z);
for(const p of D.parts){if(!p.on)continue;g.bindBuffer(g.ARRAY_BUFFER,p.P);
g.vertexAttribPointer(at,3,g.FLOAT,false,0,0);g.uniform1f(U("b"),0);
g.uniform4f(U("k"),...p.c,1);g.bindBuffer(g.ELEMENT_ARRAY_BUFFER,p.T);
g.drawElements(g.TRIANGLES,p.n,g.UNSIGNED_INT,0);if(wires){g.uniform1f(U("b"),3e-6);
g.uniform4f(U("k"),0,0,0,0);g.bindBuffer(g.ELEMENT_ARRAY_BUFFER,p.E);
g.drawElements(g.LINES,p.l,g.UNSIGNED_INT,0)}}ruler()}
let d=null;c.oncontextmenu=x=>x.preventDefault();
c.onpointerdown=x=>{d=[x.clientX,x.clientY,x.button];c.setPointerCapture(x.pointerId)};
c.onpointerup=()=>d=null;
c.onpointermove=x=>{if(!d)return;const dx=x.clientX-d[0],dy=x.clientY-d[1];
d[0]=x.clientX;d[1]=x.clientY;
if(d[2]===0){a-=dx*.01;e=Math.max(-1.57,Math.min(1.57,e+dy*.01))}
else{const R=rot(),f=2/(c.height*z);for(let i=0;i<3;i++)m[i]+=f*(-dx*R[3*i]+dy*R[3*i+1])}draw()};
c.onwheel=x=>{x.preventDefault();z*=Math.exp(-x.deltaY*.0015);draw()};onresize=draw;draw();
</script></html>
"""
