using System.Xml.Linq;
using Mesh.Testing;

namespace Mesh.Conformance.Tests;

/// <summary>Holds the project files against the tiers of the design: a project may reference any tier to its left, never its own.</summary>
public class ArchitectureTests
{
    private static readonly string[][] Tiers =
    [
        ["Mesh.Model"],
        ["Mesh.Columnar"],
        ["Mesh.Formats", "Mesh.Storage", "Mesh.Kafka", "Mesh.Broker", "Mesh.Onnx"],
        ["Mesh.Lakehouse", "Mesh.Simulation"],
        ["Mesh.Streaming"],
        ["Mesh.Products"],
        ["Mesh.Upload", "Mesh.Decode", "Mesh.Synchronise", "Mesh.Partition", "Mesh.Catalogue", "Mesh.Trigger", "Mesh.Training"],
        ["Mesh.Commands"],
        ["Mesh.Console"],
        ["Mesh.Cli"],
    ];

    private static readonly Dictionary<string, int> TierOf =
        Tiers.SelectMany((projects, tier) => projects.Select(project => (project, tier))).ToDictionary(pair => pair.project, pair => pair.tier);

    [Fact]
    public void Every_project_belongs_to_a_tier() =>
        Projects().Select(project => project.Name).Where(name => !TierOf.ContainsKey(name)).ShouldBeEmpty();

    [Fact]
    public void A_project_references_only_tiers_to_its_left()
    {
        var violations = from project in Projects()
                         from reference in project.References
                         where TierOf[reference] >= TierOf[project.Name]
                         select $"{project.Name} -> {reference}";

        violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Mesh.Broker", "Mesh.Columnar", "Mesh.Model")]
    [InlineData("Mesh.Columnar", "Mesh.Model")]
    public void Broker_and_Columnar_reference_little(string project, params string[] only) =>
        Projects().Single(candidate => candidate.Name == project).References.ShouldBe(only);

    [Theory]
    [InlineData("Confluent.Kafka", "Mesh.Kafka")]
    [InlineData("AWSSDK.S3", "Mesh.Storage")]
    [InlineData("Microsoft.Data.Sqlite", "Mesh.Formats", "Mesh.Lakehouse")]
    [InlineData("Npgsql", "Mesh.Lakehouse")]
    public void A_client_library_is_seen_by_its_owners_only(string package, params string[] owners) =>
        Projects().Where(project => project.Packages.Contains(package)).Select(project => project.Name).Order(StringComparer.Ordinal).ShouldBe(owners);

    [Fact]
    public void Every_project_has_a_door_plate_of_at_most_thirty_lines()
    {
        foreach (var project in Projects())
        {
            string readme = Path.Combine(Path.GetDirectoryName(project.File)!, "README.md");
            File.Exists(readme).ShouldBeTrue($"{project.Name} has no README.md");
            File.ReadAllLines(readme).Length.ShouldBeLessThanOrEqualTo(30, project.Name);
        }
    }

    private static List<Project> Projects() =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "Mesh.*.csproj", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Order().Select(Read)];

    private static Project Read(string file)
    {
        var document = XDocument.Load(file);
        return new Project(
            file,
            Path.GetFileNameWithoutExtension(file),
            [.. Includes(document, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Where(name => name.StartsWith("Mesh.", StringComparison.Ordinal))],
            [.. Includes(document, "PackageReference")]);
    }

    private static IEnumerable<string> Includes(XDocument document, string element) =>
        document.Descendants(element).Select(item => item.Attribute("Include")?.Value).OfType<string>();

    private sealed record Project(string File, string Name, IReadOnlyList<string> References, IReadOnlyList<string> Packages);
}
