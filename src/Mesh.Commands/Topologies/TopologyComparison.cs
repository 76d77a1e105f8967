using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>Compares a topology with what is in force.</summary>
internal static class TopologyComparison
{
    private static readonly string[] Sections = ["decode", "partition", "limits"];

    /// <summary>What applying <paramref name="next"/> would change.</summary>
    public static TopologyPlanView Compare(TopologyPlan next, IReadOnlyList<TopologyPlan> active)
    {
        var current = active.FirstOrDefault(plan => plan.FullName == next.FullName);
        var (topology, before) = (next.Topology, current?.Topology);
        var changes = new List<TopologyChange>
        {
            new("topic", topology.SourceTopic, active.Any(plan => plan.Topology.SourceTopic == topology.SourceTopic) ? "stay" : "add", "upload events it reads"),
        };
        var published = active.SelectMany(plan => ProductsSection.Read(plan.Topology)).Select(product => product.Topic?.Name).ToHashSet();
        changes.AddRange(ProductsSection.Read(topology).Where(product => product.Topic is not null).Select(product =>
            new TopologyChange("topic", product.Topic!.Name, published.Contains(product.Topic.Name) ? "stay" : "add", $"rows of {product.Name}")));
        changes.AddRange(Differences("group", Of(before?.Group), Of(topology.Group), removes: true));
        foreach (string section in Sections)
        {
            changes.AddRange(Differences("section", One(before, section), One(topology, section), removes: true));
        }

        changes.AddRange(Differences("table", Tables(before), Tables(topology), removes: false));
        changes.AddRange(Differences("product", Items(before, "products"), Items(topology, "products"), removes: true));
        changes.AddRange(Differences("trigger", Items(before, "triggers"), Items(topology, "triggers"), removes: true));
        string action = current is null ? "add" : changes.Exists(change => change.Action != "stay") ? "change" : "stay";
        return new TopologyPlanView(
            topology.Name, topology.VersionNumber, topology.Digest, action, changes,
            [.. TopologyConflicts.Find(next, active.Where(plan => plan != current)).Select(conflict => $"{conflict.Code}: {conflict.Message}")],
            [.. Notes(next, current, active)], TopologyDrawing.Tree(next), TopologyDrawing.Mermaid(next));
    }

    private static IEnumerable<string> Notes(TopologyPlan next, TopologyPlan? current, IReadOnlyList<TopologyPlan> active)
    {
        if (current is not null && current.Topology.Digest != next.Topology.Digest)
        {
            yield return $"The version stays {next.Topology.Version}: rows that are there are not written again, new ones follow the changed text. Count metadata.version up for tables of their own.";
        }

        if (current is null && next.Topology.From == SourceStart.Applied && active.Count > 0)
        {
            yield return "It reads the uploads accepted from when it is applied; `source: { from: earliest }` reads all that the log still holds.";
        }
    }

    private static IEnumerable<TopologyChange> Differences(
        string kind, IReadOnlyDictionary<string, (string Content, string Detail)> before, IReadOnlyDictionary<string, (string Content, string Detail)> after, bool removes)
    {
        foreach (var (name, item) in after)
        {
            yield return new TopologyChange(kind, name, !before.TryGetValue(name, out var old) ? "add" : old.Content == item.Content ? "stay" : "change", item.Detail);
        }

        foreach (var (name, item) in before.Where(item => !after.ContainsKey(item.Key)))
        {
            yield return removes ? new TopologyChange(kind, name, "remove", item.Detail) : new TopologyChange(kind, name, "stay", "is not written to any more");
        }
    }

    private static Dictionary<string, (string, string)> Of(string? name) => name is null ? [] : new() { [name] = ("", "") };

    private static Dictionary<string, (string, string)> One(Topology? topology, string section) =>
        topology?.Section(section) is { } node ? new() { [section] = (node.Canonical, "") } : [];

    private static Dictionary<string, (string, string)> Items(Topology? topology, string section)
    {
        var items = new Dictionary<string, (string, string)>();
        foreach (var item in topology?.Section(section)?.Items ?? []) items.TryAdd(item.GetText("name", ""), (item.Canonical, ""));
        return items;
    }

    private static Dictionary<string, (string, string)> Tables(Topology? topology)
    {
        var tables = new Dictionary<string, (string, string)>();
        if (topology is null) return tables;
        foreach (var item in topology.Section("synchronise")?.Items ?? [])
        {
            tables.TryAdd(topology.Tables.OfSynchronised(item.GetText("name", "")).ToString(), (item.Canonical, $"synchronised group {item.GetText("name", "")}"));
        }

        foreach (var product in ProductsSection.Read(topology).Where(product => product.Schema is not null))
        {
            tables.TryAdd(product.TableIn(topology.Tables).ToString(), ("", $"messages of {product.Schema}"));
        }

        tables.TryAdd(TopologyDrawing.TablesOfTheRest(topology), ("", "one per message schema of the channels read"));
        return tables;
    }
}
