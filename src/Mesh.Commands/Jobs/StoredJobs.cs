using Mesh.Commands.Configuration;
using Mesh.Commands.State;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Pools;

namespace Mesh.Commands.Jobs;

/// <summary>The jobs of a state directory on which no server runs: they can be looked at.</summary>
public sealed class StoredJobs : IJobs
{
    private readonly MetadataDatabase database;
    private readonly string jobsFolder;
    private readonly JobStore jobs;
    private readonly PoolBoard board;

    private StoredJobs(MetadataDatabase database, string jobsFolder, Settings settings)
    {
        this.database = database;
        this.jobsFolder = jobsFolder;
        jobs = new JobStore(database);
        board = new PoolBoard(database, PoolSettings.Read(settings), settings.Duration(SettingKeys.TrainingMaxDuration), TimeProvider.System);
    }

    /// <summary>Opens a state directory for reading.</summary>
    public static StoredJobs OpenReadOnly(string folder, Settings settings)
    {
        using var state = StateDirectory.OpenForReading(folder);
        var database = MetadataDatabase.Open(
            state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, readOnly: true);
        return new StoredJobs(database, state.Jobs, settings);
    }

    /// <inheritdoc/>
    public Task<JobEntry> CancelAsync(string jobId, StopRequest request, CancellationToken cancellationToken) => throw NoServer();

    /// <inheritdoc/>
    public Task<JobEntry> PreemptAsync(string jobId, StopRequest request, CancellationToken cancellationToken) => throw NoServer();

    /// <inheritdoc/>
    public Task<JobDetails> DescribeAsync(string jobId, CancellationToken cancellationToken) => LocalJobs.DescribeAsync(jobs, jobsFolder, jobId, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PoolView>> ListPoolsAsync(CancellationToken cancellationToken) => await board.ListAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BudgetView>> ListBudgetsAsync(CancellationToken cancellationToken) => await board.ListBudgetsAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<JobLogPart> ReadLogAsync(string jobId, long offset, CancellationToken cancellationToken) => LocalJobs.ReadLogAsync(jobs, jobsFolder, jobId, offset, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        database.Dispose();
        return ValueTask.CompletedTask;
    }

    private static MeshException NoServer() => new("MESH9015", "No server runs on this state directory, so no job can be stopped. Start one: `mesh up`.");
}
