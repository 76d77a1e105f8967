using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Mesh.Training.Compression;

/// <summary>
/// Consumes <c>model.registered.v1</c> as group <c>mesh.compression</c>. An event's offset is committed once its compression is in the catalogue database;
/// making the variants takes as long as it takes.
/// </summary>
public sealed class CompressionStage : IDisposable
{
    private const string Group = "mesh.compression";
    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(1);

    private readonly KafkaOptions kafka;
    private readonly MetadataDatabase database;
    private readonly ILogger logger;
    private readonly TimeProvider time;

    /// <param name="kafka">The event log.</param>
    /// <param name="database">Models, variants and outbox.</param>
    /// <param name="catalogue">Resolves products' ranges to files.</param>
    /// <param name="lake">The tables' files.</param>
    /// <param name="options">Profiles and runtime.</param>
    /// <param name="jobsFolder">Folder of the jobs.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    public CompressionStage(
        KafkaOptions kafka, MetadataDatabase database, TableCatalogue catalogue, IObjectStore lake, CompressionOptions options, string jobsFolder, ILogger logger, TimeProvider time)
    {
        this.kafka = kafka;
        this.database = database;
        this.logger = logger;
        this.time = time;
        Runner = CompressionRunner.Create(database, catalogue, lake, options, jobsFolder, logger, time);
    }

    /// <summary>Works the compressions off, and takes those asked for by hand.</summary>
    public CompressionRunner Runner { get; }

    /// <summary>Runs until cancelled; fails when the log or the database does.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] tasks = [ConsumeAsync(stop.Token), Runner.RunAsync(stop.Token)];
        await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(tasks).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && tasks.All(task => !task.IsFaulted))
        {
            // The normal end.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Runner.Dispose();

    private async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        var consumer = new EventConsumer<ModelRegistered>(kafka, Topics.ModelRegistered, Group, logger);
        await using (consumer.ConfigureAwait(false))
        {
            await foreach (var item in consumer.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                await TakeAsync(item, cancellationToken).ConfigureAwait(false);
                await consumer.CommitAsync(item.Position.Partition, item.Position.Offset + 1, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // An event is taken or waited with, never skipped: the next one's offset would cover it.
    private async Task TakeAsync(ConsumedEvent<ModelRegistered> item, CancellationToken cancellationToken)
    {
        using var activity = item.StartProcessing(Group);
        while (true)
        {
            try
            {
                if (item.Value is null) await SetAsideAsync(item, cancellationToken).ConfigureAwait(false);
                else await Runner.AcceptAsync(item.Value, activity.Id, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
                await Task.Delay(DatabaseRetry, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SetAsideAsync(ConsumedEvent<ModelRegistered> item, CancellationToken cancellationToken)
    {
        Log.RegistrationRefused(logger, item.Position.Topic, item.Position.Partition, item.Position.Offset, item.Error ?? "unknown");
        await database.WriteAsync(
            transaction => UnreadableEvent.SetAsideAsync(transaction, "compression", "MESH9400", "the registration of a model", item, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
    }
}
