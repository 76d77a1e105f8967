using Mesh.Lakehouse.Recordings;

namespace Mesh.Commands.Queries;

/// <summary>Counts recordings by state.</summary>
public static class RecordingCounts
{
    /// <summary>Number of recordings in each state that occurs.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> OfAsync(RecordingStore recordings, CancellationToken cancellationToken)
    {
        var all = await recordings.ListAsync(int.MaxValue, cancellationToken).ConfigureAwait(false);
        return all.GroupBy(recording => recording.State).OrderBy(group => group.Key)
            .ToDictionary(group => group.Key.ToString().ToLowerInvariant(), group => group.LongCount());
    }
}
