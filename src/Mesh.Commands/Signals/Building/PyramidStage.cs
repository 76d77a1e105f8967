using System.Collections.Concurrent;
using System.Threading.Channels;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Streaming;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Signals.Building;

/// <summary>
/// Follows the tables' commits and makes pyramids of what they added; those of rows that were erased, or whose files were replaced, are deleted and made
/// again. Its group's offset is committed once the work is done, so what was committed while it did not run is caught up with. Recordings that
/// somebody looks at come first.
/// </summary>
public sealed class PyramidStage
{
    /// <summary>Consumer group of the stage.</summary>
    public const string Group = "mesh.signals";

    private const int MaxRequests = 1024;
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(6);

    private readonly KafkaOptions kafka;
    private readonly TableCatalogue tables;
    private readonly PyramidStore store;
    private readonly PyramidBuilder builder;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<(TableIdentifier, string), byte> asked = new();
    private readonly Channel<(TableIdentifier Table, string Recording)> requests =
        Channel.CreateBounded<(TableIdentifier, string)>(new BoundedChannelOptions(MaxRequests) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <param name="kafka">The event log.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="store">The pyramids.</param>
    /// <param name="builder">Makes them.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    public PyramidStage(KafkaOptions kafka, TableCatalogue tables, PyramidStore store, PyramidBuilder builder, ILogger logger, TimeProvider time)
    {
        this.kafka = kafka;
        this.tables = tables;
        this.store = store;
        this.builder = builder;
        this.logger = logger;
        this.time = time;
    }

    /// <summary>Asks for a pyramid soon; when too many are waited for, nothing happens, and whoever looks again asks again.</summary>
    public void Request(TableIdentifier table, string recording)
    {
        if (asked.TryAdd((table, recording), 0) && !requests.Writer.TryWrite((table, recording))) asked.TryRemove((table, recording), out _);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] tasks = [FollowAsync(stop.Token), AnswerAsync(stop.Token), SweepAsync(stop.Token)];
        var first = await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var consumer = new EventConsumer<SnapshotCommitted>(kafka, Topics.SnapshotCommitted, Group, logger);
        await using var _ = consumer.ConfigureAwait(false);
        await foreach (var item in consumer.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            // An event that cannot be read becomes a dead letter of the trigger stage, which reads the same topic.
            if (item.Value is { } committed) await ApplyAsync(committed, cancellationToken).ConfigureAwait(false);
            await consumer.CommitAsync(item.Position.Partition, item.Position.Offset + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        await foreach (var (table, recording) in requests.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await BuildAsync(table, recording, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                asked.TryRemove((table, recording), out byte _);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await store.SweepAsync(cancellationToken).ConfigureAwait(false) is > 0 and var removed) PyramidLog.Swept(logger, removed);
            await Task.Delay(SweepInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does what a commit asks for.</summary>
    internal async Task ApplyAsync(SnapshotCommitted committed, CancellationToken cancellationToken)
    {
        var identifier = TableIdentifier.Parse(committed.Table);
        if (committed.Operation is "" or "append")
        {
            // Of telemetry there is a commit every few seconds and no end: it has no pyramid before somebody looks.
            foreach (string recording in committed.IngestIds) await BuildAsync(identifier, recording, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false) is not { } table) return;
        foreach (string recording in await store.ListRecordingsAsync(table.Uuid, cancellationToken).ConfigureAwait(false))
        {
            if (await store.RemoveStaleAsync(table, recording, cancellationToken).ConfigureAwait(false) > 0) await BuildAsync(identifier, recording, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task BuildAsync(TableIdentifier table, string recording, CancellationToken cancellationToken)
    {
        try
        {
            await builder.EnsureAsync(table, recording, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (!exception.IsTransient)
        {
            // One recording that cannot be read keeps no other from its pictures.
            PyramidLog.NotBuilt(logger, recording, table.ToString(), exception.Code, exception.Message);
        }
    }
}
