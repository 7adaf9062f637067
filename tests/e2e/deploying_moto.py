"""Runs moto's server with change sets of SAM: `python -m tests.e2e.deploying_moto PORT`.

CloudFormation translates a template with SAM's transform first, which moto does not.
"""

from typing import Any

from moto.cloudformation.models import ChangeSet

from local.runner import moto_server
from local.runner.cloudformation import WITHHELD
from local.runner.sam import translate

API_URL = "https://api.example"
"""In place of the address of the API, which moto does not create."""


def execute(self: ChangeSet) -> None:
    """Create or update the stack as moto does, from the translated template, and set its outputs."""
    if "Transform" in self.template_dict and self.template_dict.get("Parameters"):
        self.template_dict = _supported(translate(self.template_dict, self.parameters, API_URL))
    self.stack.resource_map.update(self.template_dict, self.parameters)
    self.stack.template_dict = self.template_dict
    self.stack.output_map = self.stack._create_output_map()


def _supported(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template with what moto can create, and with a policy of deletion that it knows."""
    resources = {
        name: entry
        | ({"DeletionPolicy": "Retain"} if entry.get("DeletionPolicy") == "RetainExceptOnCreate" else {})
        for name, entry in template["Resources"].items()
        if not entry["Type"].startswith(WITHHELD)
    }
    outputs = {name: entry for name, entry in template["Outputs"].items() if name != "DashboardUrl"}
    return template | {"Resources": resources, "Outputs": outputs}


if __name__ == "__main__":
    ChangeSet.apply = execute  # type: ignore[method-assign]
    moto_server.main()
