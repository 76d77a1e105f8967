using System.Text.Json.Nodes;
using Mesh.Streaming.Topologies;

namespace Mesh.Trigger;

/// <summary>
/// When new data asks for a job: the <c>triggers</c> section of a topology. A rule counts per product what was added since it last fired
/// for that product; a rule that has never fired counts from the table's beginning.
/// </summary>
public sealed record TriggerRule
{
    /// <summary>Name, unique within the topology. A renamed rule is a new rule.</summary>
    public required string Name { get; init; }

    /// <summary>Topology the rule comes from.</summary>
    public string Topology { get; init; } = "";

    /// <summary>Version of that topology.</summary>
    public string TopologyVersion { get; init; } = "";

    /// <summary>Products watched; each fires on its own.</summary>
    public required IReadOnlyList<string> Products { get; init; }

    /// <summary>Rows added that make the rule due; null when rows do not count. Whichever of the two limits is reached first decides.</summary>
    public long? NewRows { get; init; }

    /// <summary>Recorded time added, summed over recordings, that makes the rule due; null when it does not count.</summary>
    public TimeSpan? NewDuration { get; init; }

    /// <summary>Shortest time between two firings of the rule, whatever the product (default: none). A rule that is due fires when it ends.</summary>
    public TimeSpan Cooldown { get; init; }

    /// <summary>What is asked for.</summary>
    public required TriggerJob Job { get; init; }

    /// <summary>Reads a topology's <c>triggers</c>; mistakes are reported to the topology's errors.</summary>
    /// <param name="triggers">The section.</param>
    /// <param name="topology">Name of the topology.</param>
    /// <param name="topologyVersion">Its version.</param>
    /// <returns>The rules that could be read.</returns>
    public static IReadOnlyList<TriggerRule> Read(TopologyNode triggers, string topology = "", string topologyVersion = "")
    {
        var rules = new List<TriggerRule>();
        foreach (var node in triggers.Items)
        {
            if (ReadRule(node, topology, topologyVersion) is not { } rule) continue;
            if (rules.Any(other => other.Name == rule.Name)) node.Report($"there is another trigger '{rule.Name}'; give each its own name");
            else rules.Add(rule);
        }

        return rules;
    }

    private static TriggerRule? ReadRule(TopologyNode node, string topology, string topologyVersion)
    {
        node.AllowKeys("name", "on", "when", "cooldown", "job");
        string name = node.RequireText("name");
        string[] products = node.Get("on") is { } on ? [.. on.Items.Select(item => item.AsText()).Where(text => text.Length > 0).Distinct()] : [];
        if (products.Length == 0) node.Report("a trigger needs 'on' with at least one product: on: [perception.frames]");

        var when = node.Get("when");
        when?.AllowKeys("newRows", "newDuration");
        long rows = when?.GetInteger("newRows", 0) ?? 0;
        long durationNs = when?.GetDurationNs("newDuration", 0) ?? 0;
        if (rows < 0) when!.Report("'newRows' must be positive");
        if (rows <= 0 && durationNs <= 0) node.Report("a trigger needs 'when' with newRows, newDuration or both: when: { newRows: 100000, newDuration: 1h }");

        var job = ReadJob(node, name);
        if (name.Length == 0 || products.Length == 0 || job is null || (rows <= 0 && durationNs <= 0)) return null;
        return new TriggerRule
        {
            Name = name,
            Topology = topology,
            TopologyVersion = topologyVersion,
            Products = products,
            NewRows = rows > 0 ? rows : null,
            NewDuration = durationNs > 0 ? FromNanoseconds(durationNs) : null,
            Cooldown = FromNanoseconds(node.GetDurationNs("cooldown", 0)),
            Job = job,
        };
    }

    private static TriggerJob? ReadJob(TopologyNode rule, string ruleName)
    {
        if (rule.Get("job") is not { } node)
        {
            rule.Report("a trigger needs a 'job': job: { trainer: builtin/manoeuvre, pool: cpu }");
            return null;
        }

        node.AllowKeys("trainer", "pool", "model", "hyperparameters", "gates");
        string trainer = node.RequireText("trainer");
        var hyperparameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (node.Get("hyperparameters") is { } values)
        {
            foreach (string key in values.Keys) hyperparameters[key] = values.Get(key)?.AsText() ?? "";
        }

        string fallback = trainer.StartsWith("builtin/", StringComparison.Ordinal) ? trainer["builtin/".Length..] : ruleName;
        return trainer.Length == 0 ? null : new TriggerJob
        {
            Trainer = trainer,
            Pool = node.GetText("pool", "cpu"),
            Model = node.GetText("model", fallback),
            Hyperparameters = hyperparameters,
            GatesJson = ReadGates(node),
        };
    }

    private static string ReadGates(TopologyNode job)
    {
        if (job.Get("gates") is not { } node) return "";
        var gates = new JsonObject();
        foreach (string metric in node.Keys)
        {
            if (node.Get(metric) is not { } gate) continue;
            gate.AllowKeys("min", "maxRegression");
            var limits = new JsonObject();
            if (gate.Get("min") is not null) limits["min"] = gate.GetNumber("min", 0);
            if (gate.Get("maxRegression") is not null) limits["max_regression"] = gate.GetNumber("maxRegression", 0);
            if (limits.Count == 0) gate.Report($"gate '{metric}' needs min, maxRegression or both");
            gates[metric] = limits;
        }

        return gates.Count == 0 ? "" : gates.ToJsonString();
    }

    private static TimeSpan FromNanoseconds(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / 100);
}
