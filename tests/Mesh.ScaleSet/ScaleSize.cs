namespace Mesh.ScaleSet;

/// <summary>How much there is.</summary>
public sealed record ScaleSize
{
    /// <summary>Recordings.</summary>
    public int Recordings { get; init; } = 100_000;

    /// <summary>Vehicles that they are of.</summary>
    public int Vehicles { get; init; } = 500;

    /// <summary>Tables.</summary>
    public int Products { get; init; } = 1_000;

    /// <summary>Runs.</summary>
    public int Runs { get; init; } = 10_000;

    /// <summary>Jobs.</summary>
    public int Jobs { get; init; } = 10_000;

    /// <summary>Dead letters.</summary>
    public int DeadLetters { get; init; } = 20_000;

    /// <summary>Versions of models.</summary>
    public int Models { get; init; } = 2_000;

    /// <summary>Studies of twelve trials.</summary>
    public int Studies { get; init; } = 100;

    /// <summary>Replays of twenty recordings.</summary>
    public int Replays { get; init; } = 1_000;

    /// <summary>Decisions of trigger rules.</summary>
    public int TriggerDecisions { get; init; } = 20_000;

    /// <summary>Enough for several pages of everything.</summary>
    public static ScaleSize Small { get; } = new()
    {
        Recordings = 450, Vehicles = 230, Products = 230, Runs = 230, Jobs = 230, DeadLetters = 450, Models = 230, Studies = 12, Replays = 230, TriggerDecisions = 230,
    };
}
