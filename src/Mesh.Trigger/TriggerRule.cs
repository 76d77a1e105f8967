using Mesh.Streaming.Topologies;

namespace Mesh.Trigger;

/// <summary>
/// When new data asks for a job: the <c>triggers</c> section of a topology. A rule counts per product what was added since it last fired
/// for that product; a rule that has never fired counts from the table's beginning.
/// </summary>
public sealed record TriggerRule
{
    /// <summary>Name, unique among the topologies in force. A renamed rule is a new rule.</summary>
    public required string Name { get; init; }

    /// <summary>Topology the rule comes from.</summary>
    public string Topology { get; init; } = "";

    /// <summary>Owner of that topology, whose jobs they are.</summary>
    public string Team { get; init; } = "";

    /// <summary>Version of that topology.</summary>
    public string TopologyVersion { get; init; } = "";

    /// <summary>Hash of the rule's text without comments and formatting: two rules that mean the same have the same.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Products watched.</summary>
    public required IReadOnlyList<TriggerInput> Inputs { get; init; }

    /// <summary>Whether one firing is for all products, once each meets its condition (<c>join</c>); else each fires on its own (<c>on</c>).</summary>
    public bool IsJoin { get; init; }

    /// <summary>When it may fire; null for always.</summary>
    public TriggerSchedule? Schedule { get; init; }

    /// <summary>Whether it waits for data to stop coming; null for not.</summary>
    public TriggerDebounce? Debounce { get; init; }

    /// <summary>Shortest time between two firings of the rule, whatever the product (default: none). A rule that is due fires when it ends.</summary>
    public TimeSpan Cooldown { get; init; }

    /// <summary>What its jobs may use; null for no limit.</summary>
    public TriggerBudget? Budget { get; init; }

    /// <summary>What is asked for.</summary>
    public required TriggerJob Job { get; init; }

    /// <summary>Names of the products.</summary>
    public IEnumerable<string> Products => Inputs.Select(input => input.Product);

    /// <summary>Reads a topology's <c>triggers</c>; mistakes are reported to the topology's errors.</summary>
    /// <param name="triggers">The section.</param>
    /// <param name="topology">Name of the topology.</param>
    /// <param name="topologyVersion">Its version.</param>
    /// <param name="team">Its owner.</param>
    /// <param name="whyNot">Why a job could never run, with what would work, reported where it says what it runs on; null when it could.</param>
    /// <returns>The rules that could be read.</returns>
    public static IReadOnlyList<TriggerRule> Read(
        TopologyNode triggers, string topology = "", string topologyVersion = "", string team = "", Func<TriggerJob, string?>? whyNot = null) =>
        new TriggerRuleReader(topology, topologyVersion, team, whyNot).Read(triggers);
}
