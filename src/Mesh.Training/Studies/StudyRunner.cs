using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Training.Studies;

/// <summary>
/// Looks after the studies of the metadata database: takes in what trials report, ends those that are not worth going on with, asks for the next,
/// until the budget is used up. Holds nothing that is not in the database but how far it has read; killed at any point it goes on from there.
/// </summary>
public sealed partial class StudyRunner : IDisposable
{
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan IdlePause = TimeSpan.FromSeconds(2);

    private readonly MetadataDatabase database;
    private readonly string jobsFolder;
    private readonly Func<string, string, CancellationToken, ValueTask> cancelJob;
    private readonly Action lookForJobs;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim changed = new(0);
    private readonly Dictionary<string, long> read = [];

    /// <param name="database">Studies, jobs and outbox.</param>
    /// <param name="jobsFolder">Where jobs leave their metrics and cards.</param>
    /// <param name="cancelJob">Cancels a job, given its id and why; one that has ended is left alone.</param>
    /// <param name="lookForJobs">Tells the runner of jobs that one was put back.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    public StudyRunner(MetadataDatabase database, string jobsFolder, Func<string, string, CancellationToken, ValueTask> cancelJob, Action lookForJobs, ILogger logger, TimeProvider time)
    {
        this.database = database;
        this.jobsFolder = Path.GetFullPath(jobsFolder);
        this.cancelJob = cancelJob;
        this.lookForJobs = lookForJobs;
        this.logger = logger;
        this.time = time;
        Studies = new StudyStore(database);
        // Makes the table that requests are written to.
        new Outbox(database).Dispose();
    }

    /// <summary>The studies.</summary>
    public StudyStore Studies { get; }

    /// <summary>Looks at once: a study was added, stopped or resumed.</summary>
    public void Wake() => changed.Release();

    /// <summary>Runs until cancelled. Of the processes that share a database one looks after the studies.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var duty = await database.HoldAsync("studies", cancellationToken).ConfigureAwait(false);
            await using var _ = duty.ConfigureAwait(false);
            while (true)
            {
                bool isBusy = await LookAsync(cancellationToken).ConfigureAwait(false);
                await changed.WaitAsync(isBusy ? BusyPause : IdlePause, cancellationToken).ConfigureAwait(false);
                await duty.ConfirmAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The normal end.
        }
    }

    /// <summary>Looks once at every study that needs looking after.</summary>
    /// <returns>Whether there is one.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var names = await Studies.ListActiveAsync(cancellationToken).ConfigureAwait(false);
            foreach (string name in names) await StepAsync(name, cancellationToken).ConfigureAwait(false);
            return names.Count > 0;
        }
        catch (MeshException exception) when (exception.IsTransient)
        {
            StudyLog.Waits(logger, exception.Message);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => changed.Dispose();
}
