// The map: what the package publishes and nothing else. The table below it has the same numbers.
import * as maplibre from "./vendor/maplibre-gl/maplibre-gl.mjs";

const room = document.getElementById("map-room");
const FIRST = ["zones", "loss", "alerts", "fires"];

/** Colours are those of the page, light or dark; the map has to be told them as plain rgb. */
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function byKind(property, colours, other) {
  return ["match", ["get", property], ...Object.entries(colours).flat(), other];
}

/** An element with text; never HTML, for names come from data. */
function element(tag, text, style = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (style) made.className = style;
  return made;
}

function draw() {
  const told = JSON.parse(room.dataset.told);
  const words = JSON.parse(room.dataset.words);
  const language = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const slider = document.getElementById("slider");
  const state = document.getElementById("map-state");
  const base = new URL(told.base, location.href).href;
  let year = told.year;
  let labels = [];

  maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href);
  maplibre.setWorkerCount(1);
  const map = new maplibre.Map({
    container: "map",
    style: { version: 8, sources: {}, layers: [{ id: "paper", type: "background", paint: { "background-color": colour("ground") } }] },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    cooperativeGestures: false,
    maxZoom: 16,
    fadeDuration: 0,
    locale: { "NavigationControl.ZoomIn": words.zoom_in, "NavigationControl.ZoomOut": words.zoom_out, "Map.Title": words.map, "Popup.Close": words.close },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
  globalThis.projectMap = map;

  const wanted = (name) => room.querySelector(`[data-layer="${name}"]`)?.checked ?? false;
  const pictureAt = (each) => `${base}/loss-${each}.png`;
  const layersOf = (name) => map.getStyle().layers.filter((one) => one.metadata?.group === name).map((one) => one.id);
  const loaded = {};

  async function get(name) {
    loaded[name] ??= fetch(`${base}/${name}.geojson`).then((answer) => {
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      return answer.json();
    });
    return loaded[name];
  }

  function addZones(data) {
    const line = {
      project_area: colour("project"), leakage_belt: colour("belt"), reference_region: colour("region"), hcv: colour("value"),
      community: colour("ink"), concession: colour("ink"),
    };
    map.addSource("zones", { type: "geojson", data });
    const metadata = { group: "zones" };
    map.addLayer({ id: "zones-fill", type: "fill", source: "zones", metadata, filter: ["!", ["in", ["get", "kind"], ["literal", ["stratum", "exclusion"]]]],
      paint: { "fill-color": byKind("kind", line, colour("muted")), "fill-opacity": byKind("kind", { project_area: 0.14, hcv: 0.16, leakage_belt: 0.07 }, 0.02) } });
    map.addLayer({ id: "zones-line", type: "line", source: "zones", metadata, filter: ["!", ["in", ["get", "kind"], ["literal", ["stratum", "exclusion"]]]],
      paint: { "line-color": byKind("kind", line, colour("muted")), "line-width": byKind("kind", { project_area: 2.4, leakage_belt: 1.8 }, 1.2) } });
    map.addLayer({ id: "zones-dashed", type: "line", source: "zones", metadata, filter: ["in", ["get", "kind"], ["literal", ["stratum", "exclusion"]]],
      paint: { "line-color": colour("muted"), "line-width": 1, "line-dasharray": [3, 2] } });
    labels = data.features.filter((one) => ["project_area", "leakage_belt", "hcv", "community", "concession"].includes(one.properties.kind))
      .map((one) => {
        const text = element("div", one.properties.zone_name, "zone-name");
        // The map reads a name with the shape; a screen reader has the table.
        text.setAttribute("aria-hidden", "true");
        return { rank: one.properties.kind === "project_area" ? 0 : 1, area: one.properties.area_ha, text, marker: new maplibre.Marker({ element: text }).setLngLat(one.properties.label_at).addTo(map) };
      })
      .sort((one, other) => one.rank - other.rank || other.area - one.area);
    placeLabels();
  }

  /** Names that would lie on others wait until the map is closer. */
  function placeLabels() {
    const taken = [];
    for (const { text } of labels) {
      text.hidden = !wanted("zones");
      const box = text.getBoundingClientRect();
      const free = taken.every((one) => box.right < one.left || box.left > one.right || box.bottom < one.top || box.top > one.bottom);
      text.hidden ||= !free;
      if (!text.hidden) taken.push(box);
    }
  }

  function bounds(data) {
    const box = new maplibre.LngLatBounds();
    const walk = (part) => (typeof part[0] === "number" ? box.extend(part) : part.forEach(walk));
    const main = data.features.filter((one) => ["project_area", "leakage_belt"].includes(one.properties.kind));
    (main.length ? main : data.features).forEach((one) => walk(one.geometry.coordinates));
    return box;
  }

  function addPoints(name, data) {
    const look = { loss: ["loss", "patch_area_ha"], alerts: ["value", "area_ha"], fires: ["belt", "highest_frp_mw"] }[name];
    map.addSource(name, { type: "geojson", data });
    map.addLayer({ id: name, type: "circle", source: name, metadata: { group: name },
      paint: {
        "circle-color": colour(look[0]), "circle-opacity": 0.75, "circle-stroke-color": colour("paper"), "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 9, 0, 12, 0.6],
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, ["+", 1, ["min", 2.5, ["sqrt", ["/", ["coalesce", ["get", look[1]], 0], 10]]]], 13, ["+", 4, ["min", 12, ["sqrt", ["coalesce", ["get", look[1]], 0]]]]],
      } });
    filter();
  }

  function filter() {
    if (map.getLayer("loss")) map.setFilter("loss", ["==", ["get", "loss_year"], year]);
    const [from, to] = ["from", "to"].map((id) => document.getElementById(id)?.value);
    for (const [name, day] of [["alerts", "first_alert"], ["fires", "first_seen_at_utc"]]) {
      if (map.getLayer(name)) map.setFilter(name, ["all", [">=", ["get", day], from || ""], ["<=", ["get", day], to || "9999"]]);
    }
  }

  function showPicture() {
    if (!told.picture || !told.picture.years.includes(year)) return;
    const source = map.getSource("picture");
    if (source) return source.updateImage({ url: pictureAt(year) });
    map.addSource("picture", { type: "image", url: pictureAt(year), coordinates: told.picture.corners });
    map.addLayer({ id: "picture", type: "raster", source: "picture", metadata: { group: "picture" }, paint: { "raster-resampling": "nearest", "raster-fade-duration": 0 } },
      map.getLayer("zones-fill") ? "zones-fill" : undefined);
  }

  async function show(name) {
    try {
      if (name === "picture" && wanted(name)) showPicture();
      else if (wanted(name) && !map.getSource(name)) {
        const data = await get(name);
        // Two wishes may have waited for the same answer.
        if (!map.getSource(name)) {
          if (name === "zones") addZones(data);
          else addPoints(name, data);
        }
      }
      for (const id of layersOf(name)) map.setLayoutProperty(id, "visibility", wanted(name) ? "visible" : "none");
      if (name === "zones") placeLabels();
    } catch (error) {
      state.textContent = words.failed;
      state.classList.remove("loading");
      state.hidden = false;
      console.error(error);
    }
  }

  function setYear(value) {
    year = value;
    document.getElementById("slider-year").textContent = year;
    if (wanted("picture")) showPicture();
    filter();
  }

  function popup(event) {
    const layers = FIRST.slice(1).concat("zones-fill").filter((id) => map.getLayer(id));
    // A point before a zone, and of zones that lie in each other the smallest.
    const [found] = map.queryRenderedFeatures([event.point.sub({ x: 3, y: 3 }), event.point.add({ x: 3, y: 3 })].map((each) => [each.x, each.y]), { layers })
      .sort((one, other) => (one.source === "zones") - (other.source === "zones") || (one.properties.area_ha ?? 0) - (other.properties.area_ha ?? 0));
    if (!found) return;
    const said = found.properties;
    const list = document.createElement("div");
    const line = (label, value) => value !== undefined && value !== null && value !== "null" && list.append(element("div", `${label}: ${value}`));
    const ha = (value) => `${numbers.format(value)} ha`;
    if (found.source === "zones") {
      list.append(element("strong", said.zone_name), element("div", said[`kind_${language}`]));
      line(words.area, ha(said.area_ha));
      const lost = told.loss[said.zone_id]?.[year];
      if (lost !== undefined) line(`${words.loss_column} ${year}`, ha(lost));
      if (said.illustrative === true) list.append(element("div", words.illustrative, "small"));
    } else if (found.source === "loss") {
      list.append(element("strong", `${words.loss} ${said.loss_year}`));
      line(words.area, ha(said.patch_area_ha));
      line(words.driver, said[`driver_hint_${language}`]);
    } else {
      const alert = found.source === "alerts";
      list.append(element("strong", `${alert ? words.alert : words.fire} ${said[alert ? "first_alert" : "first_seen_at_utc"]}`));
      if (alert) line(words.area, ha(said.area_ha));
      else line(words.detections, said.detection_count);
      line(words.confidence, said.confidence);
    }
    new maplibre.Popup({ maxWidth: "18rem" }).setLngLat(event.lngLat).setDOMContent(list).addTo(map);
  }

  map.on("load", async () => {
    try {
      map.fitBounds(bounds(await get("zones")), { padding: 24, animate: false });
    } catch (error) {
      console.error(error);
    }
    await show("zones");
    for (const name of ["picture", "loss", "alerts", "fires"]) await show(name);
    if (!state.textContent.includes(words.failed)) state.hidden = true;
    map.once("idle", () => { room.dataset.drawn = "true"; });
    map.triggerRepaint();
  });
  map.on("moveend", placeLabels);
  map.on("click", popup);
  for (const box of room.querySelectorAll("[data-layer]")) box.addEventListener("change", () => show(box.dataset.layer));
  for (const id of ["from", "to"]) document.getElementById(id)?.addEventListener("change", filter);
  slider?.addEventListener("input", () => setYear(Number(slider.value)));
}

function canDraw() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

if (room && canDraw()) draw();
else if (room) {
  document.getElementById("map").hidden = true;
  document.getElementById("map-none").hidden = false;
}
