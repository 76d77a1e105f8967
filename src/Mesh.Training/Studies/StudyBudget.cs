namespace Mesh.Training.Studies;

/// <summary>What a study may use. Whatever is used up first ends it; trials that still run then are stopped.</summary>
public sealed record StudyBudget
{
    /// <summary>Trials; null for as many as the grid or the scheduler has.</summary>
    public int? Trials { get; init; }

    /// <summary>Time from the first start on; null for any.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Running time of all trials together; null for any.</summary>
    public TimeSpan? JobTime { get; init; }

    /// <summary>Cost of all trials together, in the currency of <see cref="PricePerHour"/>; null for any.</summary>
    public double? Cost { get; init; }

    /// <summary>Price of a trial's hour (default: 0).</summary>
    public double PricePerHour { get; init; }
}
