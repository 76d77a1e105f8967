using System.Collections.Concurrent;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Remembers what was begun, what was promised and what was seen; it lives in the test's process, which no fault touches.</summary>
internal sealed class Oracle
{
    private readonly ConcurrentDictionary<string, Upload> attempted = [];
    private readonly ConcurrentDictionary<string, Upload> acknowledged = [];
    private readonly ConcurrentDictionary<string, int> occurred = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<TimelineEntry> timeline = [];
    private readonly ConcurrentQueue<OffsetSample> offsets = [];
    private readonly ConcurrentQueue<(string After, TimeSpan Took)> liveness = [];
    private readonly ConcurrentQueue<string> failedReads = [];
    private readonly ConcurrentQueue<string> foreignCommitsLost = [];
    private readonly System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();

    public IReadOnlyList<Upload> Attempted => [.. attempted.Values];

    public IReadOnlyList<Upload> Acknowledged => [.. acknowledged.Values];

    public IReadOnlyDictionary<string, int> Occurred => new SortedDictionary<string, int>(occurred.ToDictionary(), StringComparer.Ordinal);

    public IReadOnlyList<TimelineEntry> Timeline => [.. timeline];

    public IReadOnlyList<OffsetSample> Offsets => [.. offsets];

    public IReadOnlyList<(string After, TimeSpan Took)> Liveness => [.. liveness];

    public IReadOnlyList<string> FailedReads => [.. failedReads];

    public IReadOnlyList<string> ForeignCommitsLost => [.. foreignCommitsLost];

    public void Attempt(Upload upload) => attempted.TryAdd(upload.IngestId, upload);

    /// <summary>The answer was accepted or duplicate: from here on it is an obligation.</summary>
    public void Acknowledge(Upload upload)
    {
        if (acknowledged.TryAdd(upload.IngestId, upload) && upload.Content.Fault != ContentFault.None) Count("content:" + upload.Content.Fault);
    }

    public void Count(string kind, int times = 1) => occurred.AddOrUpdate(kind, times, (_, before) => before + times);

    public void Note(string what) => timeline.Enqueue(new TimelineEntry(Math.Round(clock.Elapsed.TotalSeconds, 2), what));

    public void Sample(OffsetSample sample) => offsets.Enqueue(sample);

    public void Alive(string after, TimeSpan took) => liveness.Enqueue((after, took));

    public void ForeignCommitLost(string what) => foreignCommitsLost.Enqueue(what);

    public void CouldNotRead(string why) => failedReads.Enqueue(why);
}
