"""The sections of the monitoring report, and those whose prose only people can write."""

from __future__ import annotations

from dataclasses import dataclass

from mrv.package.wording import Text

LANGUAGES = ("en", "es")
FOLDER = "narrative"


@dataclass(frozen=True)
class Prose:
    """A section that people write. `task` says what it must tell."""

    number: str
    title: Text
    task: Text

    def file(self, language: str) -> str:
        """Return where its text lies, relative to the project's folder."""
        return f"{FOLDER}/{language}/{self.number}.md"


def _prose(number: str, en: str, es: str, task_en: str, task_es: str) -> Prose:
    return Prose(number, Text(en, es), Text(task_en, task_es))


PROSE = {
    item.number: item
    for item in (
        _prose("1.1", "Unique project benefits", "Beneficios propios del proyecto",
               "Benefits that no standardised metric tells: what changed, for whom, since when; where the evidence is.",
               "Beneficios que ningún indicador estandarizado recoge: qué cambió, para quién, desde cuándo; su evidencia."),
        _prose("2.1", "Project description", "Descripción del proyecto",
               "Objectives, place, activities and how they are meant to reduce emissions and benefit people and nature.",
               "Objetivos, lugar, actividades y cómo deben reducir emisiones y beneficiar a las personas y la naturaleza."),
        _prose("2.2", "Implementation status", "Estado de la implementación",
               "What was done of each activity in the period, what was not and why, and events that changed emissions.",
               "Qué se hizo de cada actividad en el período, qué no y por qué, y los sucesos que cambiaron las emisiones."),
        _prose("2.3", "Stakeholder engagement", "Participación de las partes interesadas",
               "Who was told and heard, how and when; consent, comments and what became of them; the grievance procedure.",
               "A quién se informó y escuchó, cómo y cuándo; consentimiento, comentarios y su atención; el mecanismo de quejas."),
        _prose("2.4", "Management capacity", "Capacidad de gestión",
               "Who runs the project, with which experience and means; changes of partners, staff and financing.",
               "Quién dirige el proyecto, con qué experiencia y medios; cambios de socios, personal y financiamiento."),
        _prose("2.5", "Legal status and property rights", "Situación legal y derechos de propiedad",
               "Titles, concessions and agreements, disputes, and compliance with laws; no double counting.",
               "Títulos, concesiones y acuerdos, conflictos y cumplimiento de leyes; ausencia de doble contabilidad."),
        _prose("3.1.3", "Monitoring plan", "Plan de monitoreo",
               "Organisation, duties, training and archiving of monitoring, and how data are checked before they are used.",
               "Organización, responsabilidades, capacitación y archivo del monitoreo, y cómo se revisan los datos antes de usarlos."),
        _prose("4.1", "Net positive community impacts", "Impactos netos positivos en las comunidades",
               "Impacts on each group, compared with what would have been without the project; measures against harm.",
               "Impactos en cada grupo, comparados con lo que habría ocurrido sin el proyecto; medidas contra daños."),
        _prose("4.2", "Impacts on other stakeholders", "Impactos en otras partes interesadas",
               "Impacts on people outside the communities, and how harm to them was avoided.",
               "Impactos en personas ajenas a las comunidades y cómo se evitó dañarlas."),
        _prose("5.1", "Net positive biodiversity impacts", "Impactos netos positivos en la biodiversidad",
               "Changes of species and habitats, against what would have been without the project; invasive species.",
               "Cambios en especies y hábitats, frente a lo que habría ocurrido sin el proyecto; especies invasoras."),
        _prose("5.2", "Biodiversity impacts outside the project zone", "Impactos en la biodiversidad fuera de la zona del proyecto",
               "Possible harm outside and the measures against it.",
               "Posibles daños fuera de la zona y las medidas contra ellos."),
        _prose("6.1", "Deviations from the methodology", "Desviaciones de la metodología",
               "Each deviation, why it does not weaken the result, and since when it holds; or that there was none.",
               "Cada desviación, por qué no debilita el resultado y desde cuándo rige; o que no hubo ninguna."),
        _prose("6.2", "Deviations from the project description", "Desviaciones de la descripción del proyecto",
               "Each minor change and each deviation from the validated description, with its effects; or that there was none.",
               "Cada cambio menor y cada desviación de la descripción validada, con sus efectos; o que no hubo ninguna."),
    )
}  # fmt: skip
"""Number of a section to what people must write there."""
