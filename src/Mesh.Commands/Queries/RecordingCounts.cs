using Mesh.Lakehouse.Recordings;

namespace Mesh.Commands.Queries;

/// <summary>Counts recordings by state.</summary>
public static class RecordingCounts
{
    /// <summary>Number of recordings in each state that occurs.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> OfAsync(RecordingStore recordings, CancellationToken cancellationToken) =>
        (await recordings.CountAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(count => count.Key.ToString().ToLowerInvariant(), count => count.Value);
}
