"""The schemas of the data package, put to files."""

from pathlib import Path

from frictionless import Package, Resource

DATA = Path(__file__).parent.parent / "data"


def complaints(name: str, folder: Path = DATA) -> list[str]:
    """What frictionless has to say against a file of `data`, or one of that name in a folder, put
    to the schema of the data package: a line for each error.
    """
    package = Package(str(DATA / "datapackage.json"))
    about = next(resource for resource in package.resources if resource.path == name)
    report = Resource(path=name, basepath=str(folder), schema=about.schema).validate()
    return [f"{error.type}: {error.message}" for task in report.tasks for error in task.errors]
