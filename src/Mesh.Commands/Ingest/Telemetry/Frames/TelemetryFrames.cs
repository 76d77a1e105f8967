using Mesh.Catalogue.TopicFed;
using Mesh.Decode.Telemetry;
using Mesh.Kafka;
using Mesh.Synchronise.Streams;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Ingest.Telemetry.Frames;

/// <summary>Frames over telemetry: the windows of every group over the partitions that one session reads. Not thread-safe.</summary>
/// <remarks>
/// Exactly once, with windows in memory only:
/// 1. A window is a function of the log from an offset on and of six numbers (<see cref="StreamState"/>): the offset of the earliest message that
/// frames to come may need, the latest stamp before it, and up to which time frames have been decided.
/// 2. These are saved (<see cref="FrameProgress"/>) in the very transaction that commits the frames, so "decided up to" and the frames in the table agree.
/// 3. A reader that starts begins at the least such offset of a partition, below that of the raw rows. What it reads again goes into the windows
/// alone; the windows take the same decisions, and frames up to the time decided are not made twice.
/// 4. Saving asks for the version that was read. Of two readers that believe to own a partition the second is refused with its commit, drops its windows
/// and begins at 3. The table's own offsets (<c>mesh.source-offsets</c>, MESH8160) are raised and asked for as
/// well; a table that is further than the state has frames of another group, and nothing below its offset is read.
/// 5. What no log tells, the end of an idle vehicle's stream or of the largest when memory is short, leaves nothing behind: the state saved with its
/// last frames says that its stream begins at the next offset, with a floor below which stamps are late.
/// 6. Messages sent again by their producer are told in what is read again from there on; one whose original lies before has a stamp that no
/// frame to come needs, so it changes nothing.
/// 7. Time without messages counts only while the reader waits for some: a backlog makes nobody idle.
/// </remarks>
internal sealed class TelemetryFrames
{
    private static readonly TimeSpan CatchingUp = TimeSpan.FromMinutes(1);

    private readonly TelemetryOptions options;
    private readonly FrameProgress progress;
    private readonly TopicTableWriter tables;
    private readonly Func<int, TopicSource> sourceOf;
    private readonly TelemetryMetrics metrics;
    private readonly ILogger logger;
    private readonly Dictionary<int, ProducerWindows> producers = [];
    private TimeSpan waited;

    public TelemetryFrames(TelemetryOptions options, FrameProgress progress, TopicTableWriter tables, Func<int, TopicSource> sourceOf, TelemetryMetrics metrics, ILogger logger)
    {
        this.options = options;
        this.progress = progress;
        this.tables = tables;
        this.sourceOf = sourceOf;
        this.metrics = metrics;
        this.logger = logger;
        var stream = new StreamOptions { LatenessNs = options.Lateness.Ticks * 100 };
        Groups = [.. options.Frames.Select(group => new FrameGroup(new StreamGroup(group, stream), metrics))];
    }

    public IReadOnlyList<FrameGroup> Groups { get; }

    /// <summary>How long until the first vehicle counts as idle when nothing comes; null when no window is open.</summary>
    public TimeSpan? UntilIdle
    {
        get
        {
            TimeSpan? least = null;
            foreach (var (partition, vehicle) in Groups.SelectMany(group => group.Open))
            {
                var left = IdleAt(partition, vehicle) - waited;
                if (least is null || left < least) least = left;
            }

            return least;
        }
    }

    /// <summary>Reads the states of partitions that are read for the first time in this session.</summary>
    public async Task LoadAsync(IEnumerable<int> partitions, CancellationToken cancellationToken)
    {
        foreach (int number in partitions)
        {
            foreach (var group in Groups)
            {
                if (group.Partitions.ContainsKey(number)) continue;
                var source = sourceOf(number);
                var partition = await progress.LoadAsync(options.Group, group.Name, source, cancellationToken).ConfigureAwait(false);

                // A table that is further than this reader's state has frames of another consumer group: its messages are not made into frames again.
                // Its offset is the one that the first commit asks for: read later, it would hide what was added meanwhile.
                var offsets = await tables.ReadOffsetsAsync(options.Tables.OfSynchronised(group.Name), cancellationToken).ConfigureAwait(false);
                long table = offsets.GetValueOrDefault(source.Key);
                if (table > partition.Counted) partition = new FramePartition(source, partition.Version, table);
                partition.TableOffset = table;
                group.Partitions[number] = partition;
            }
        }
    }

    /// <summary>Whether a message is still to be put into a window.</summary>
    public bool Needs(int partition, long offset)
    {
        foreach (var group in Groups)
        {
            if (group.Partitions.TryGetValue(partition, out var found) && offset >= found.Applied) return true;
        }

        return false;
    }

    /// <summary>Of messages that are read again, those that groups want and that their producers had not sent before. To be called once for each.</summary>
    public List<TelemetryInput> Admit(IReadOnlyList<TelemetryInput> again)
    {
        var admitted = new List<TelemetryInput>(again.Count);
        foreach (var input in again)
        {
            if (!producers.TryGetValue(input.Source.Partition, out var windows)) producers[input.Source.Partition] = windows = new ProducerWindows(options.MaxProducers);
            if (input.Message.Producer is { } producer && !windows.Admit(producer, input.Message.Sequence, input.Record.Position.Offset)) continue;
            if (Wants(input)) admitted.Add(input);
        }

        return admitted;
    }

    /// <summary>Puts messages into the windows; above the limit of memory the largest windows end.</summary>
    public void Apply(IReadOnlyList<TelemetryInput> inputs, TelemetryRows rows, IReadOnlyDictionary<int, long> next)
    {
        foreach (var group in Groups) group.Apply(inputs, rows, next, waited);
        long held = Groups.Sum(group => group.Open.Sum(open => open.Vehicle.Window!.HeldBytes));
        int ended = 0;
        for (; held > options.MaxFrameBytes; ended++)
        {
            var (group, partition, vehicle) = Groups.SelectMany(group => group.Open.Select(open => (group, open.Partition, open.Vehicle))).MaxBy(open => open.Vehicle.Window!.HeldBytes);
            held -= vehicle.Window!.HeldBytes;
            group.End(partition, vehicle, "memory");
        }

        metrics.FrameBytes = held;
        if (ended > 0) TelemetryLog.FramesCut(logger, ended, options.Topology, options.MaxFrameBytes);
    }

    /// <summary>Notes that the reader has waited for messages, and ends the streams of vehicles of which none came.</summary>
    /// <returns>Whether any has ended.</returns>
    public bool Waited(TimeSpan time)
    {
        waited += time;
        bool any = false;
        foreach (var group in Groups)
        {
            foreach (var (partition, vehicle) in group.Open.ToList())
            {
                if (waited < IdleAt(partition, vehicle)) continue;
                group.End(partition, vehicle, "idle");
                any = true;
            }
        }

        return any;
    }

    private bool Wants(TelemetryInput input) => Groups.Any(group => group.Wants(input));

    // What is being read again is followed by what came after it, as a rule.
    private TimeSpan IdleAt(FramePartition partition, FrameVehicle vehicle) => vehicle.LastHeard + options.Idle + (partition.IsCatchingUp ? CatchingUp : TimeSpan.Zero);
}
