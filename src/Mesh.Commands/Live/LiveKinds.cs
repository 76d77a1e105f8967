namespace Mesh.Commands.Live;

/// <summary>Kinds of things whose changes are told to those who look at them, and the database's tables that they are made of.</summary>
public static class LiveKinds
{
    /// <summary>How the server itself is: its stages and its health. In no table.</summary>
    public const string Status = "status";

    private static readonly (string Kind, string[] Tables)[] Known =
    [
        ("recordings", ["recordings", "recording_runs", "run_channels", "run_losses", "run_tables", "run_inputs"]),
        ("letters", ["dead_letters", "dead_letter_changes"]),
        ("replays", ["replays", "replay_items"]),
        ("products", ["tables", "product_aliases", "product_alias_changes"]),
        ("jobs", ["jobs", "job_usage"]),
        ("studies", ["studies", "study_trials", "study_reports"]),
        ("runs", ["tracking_runs", "tracking_experiments", "tracking_latest", "tracking_tags"]),
        ("models", ["models", "model_aliases", "model_variants", "compressions", "decisions", "identities", "holdouts", "withdrawals"]),
        ("topologies", ["topologies"]),
        ("triggers", ["trigger_decisions", "trigger_firings"]),
        ("maintenance", ["tables", "retired_locations"]),
    ];

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Known.Select(known => known.Kind), Status];

    /// <summary>Kinds by the tables they are made of.</summary>
    internal static ILookup<string, string> ByTable { get; } = Known.SelectMany(known => known.Tables.Select(table => (table, known.Kind))).ToLookup(pair => pair.table, pair => pair.Kind);
}
