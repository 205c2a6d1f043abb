"""`python -m deploy.grafana.source` (`make dashboards`): writes deploy/grafana/dashboards/*.json."""

from pathlib import Path

from deploy.grafana.source.frame import Page, render
from deploy.grafana.source.infusion_detail import PAGE as INFUSION_DETAIL
from deploy.grafana.source.infusions import PAGE as INFUSIONS
from deploy.grafana.source.pipeline import PAGE as PIPELINE
from deploy.grafana.source.safety import PAGE as SAFETY
from deploy.grafana.source.ward import PAGE as WARD

PAGES: tuple[Page, ...] = (WARD, INFUSIONS, SAFETY, PIPELINE)
"""They ask Prometheus."""
TREND_PAGES: tuple[Page, ...] = (INFUSION_DETAIL,)
"""They ask the trend store in PostgreSQL."""
FOLDER = Path(__file__).resolve().parents[1] / "dashboards"


def main() -> None:
    """Write every dashboard."""
    for page in (*PAGES, *TREND_PAGES):
        (FOLDER / f"{page.name}.json").write_text(render(page), encoding="utf-8")


if __name__ == "__main__":
    main()
