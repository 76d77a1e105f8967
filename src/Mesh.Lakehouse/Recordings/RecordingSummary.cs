namespace Mesh.Lakehouse.Recordings;

/// <summary>Recordings in numbers.</summary>
/// <param name="ByState">How many are in each state that occurs.</param>
/// <param name="OldestUnfinishedAt">When the oldest was accepted that is neither in every table nor a dead letter; null when there is none.</param>
public sealed record RecordingSummary(IReadOnlyDictionary<RecordingState, long> ByState, DateTimeOffset? OldestUnfinishedAt)
{
    /// <summary>Recordings that are neither in every table nor dead letters.</summary>
    public long Unfinished => ByState.GetValueOrDefault(RecordingState.Accepted) + ByState.GetValueOrDefault(RecordingState.Written);
}
