using Google.Protobuf;
using Mesh.Kafka.Events;
using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging;

namespace Mesh.Training;

/// <summary>
/// Consumes <c>job.requested.v1</c> as group <c>mesh.training</c> and runs the jobs as processes of this machine. A request's offset is
/// committed once its job is in mesh.db; running it takes as long as it takes.
/// </summary>
public sealed class JobStage : IDisposable
{
    private const string Group = "mesh.training";
    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(1);

    private readonly KafkaOptions kafka;
    private readonly MetadataDatabase database;
    private readonly JobRunner runner;
    private readonly ILogger logger;
    private readonly TimeProvider time;

    /// <param name="kafka">The event log.</param>
    /// <param name="database">Jobs, models and outbox.</param>
    /// <param name="catalogue">Resolves products' ranges to files.</param>
    /// <param name="lake">The tables' files.</param>
    /// <param name="options">Folders and limits.</param>
    /// <param name="commandOf">Program and arguments of a trainer, given <c>builtin/NAME</c> or a command line; see <see cref="TrainerCommand"/>.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock for limits and retries.</param>
    /// <param name="observer">Is told of attempts; null for nobody.</param>
    public JobStage(
        KafkaOptions kafka,
        MetadataDatabase database,
        TableCatalogue catalogue,
        IObjectStore lake,
        TrainingOptions options,
        Func<string, (string File, string[] Arguments)> commandOf,
        ILogger logger,
        TimeProvider time,
        IJobObserver? observer = null)
    {
        this.kafka = kafka;
        this.database = database;
        this.logger = logger;
        this.time = time;
        runner = new JobRunner(database, options, new JobInputs(catalogue).ResolveAsync, commandOf, logger, time, lake, observer);
    }

    /// <summary>Runs the jobs.</summary>
    public JobRunner Runner => runner;

    /// <summary>The jobs.</summary>
    public JobStore Jobs => runner.Jobs;

    /// <summary>The models.</summary>
    public ModelStore Models => runner.Models;

    /// <summary>Runs until cancelled; fails when the log or the database does.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] tasks = [ConsumeAsync(stop.Token), runner.RunAsync(stop.Token)];
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
    public void Dispose() => runner.Dispose();

    private async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        var consumer = new EventConsumer<JobRequested>(kafka, Topics.JobRequested, Group, logger);
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
    private async Task TakeAsync(ConsumedEvent<JobRequested> item, CancellationToken cancellationToken)
    {
        using var activity = item.StartProcessing(Group);
        while (true)
        {
            try
            {
                if (item.Value is null) await SetAsideAsync(item, cancellationToken).ConfigureAwait(false);
                else await runner.AcceptAsync(item.Value, activity.Id, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
                await Task.Delay(DatabaseRetry, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SetAsideAsync(ConsumedEvent<JobRequested> item, CancellationToken cancellationToken)
    {
        Log.EventRefused(logger, item.Position.Topic, item.Position.Partition, item.Position.Offset, item.Error ?? "unknown");
        await database.WriteAsync(
            transaction => UnreadableEvent.SetAsideAsync(transaction, "training", "MESH9010", "a job request", item, time.GetUtcNow()),
            cancellationToken).ConfigureAwait(false);
    }
}
