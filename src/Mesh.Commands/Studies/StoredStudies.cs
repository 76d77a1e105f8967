using Mesh.Commands.Configuration;
using Mesh.Commands.Jobs;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Studies;

namespace Mesh.Commands.Studies;

/// <summary>The studies of a state directory on which no server runs: they can be looked at.</summary>
public sealed class StoredStudies : IStudies
{
    private readonly MetadataDatabase database;
    private readonly StudyStore studies;

    private StoredStudies(MetadataDatabase database)
    {
        this.database = database;
        studies = new StudyStore(database);
    }

    /// <summary>Opens a state directory for reading.</summary>
    public static StoredStudies OpenReadOnly(string folder, Settings settings)
    {
        using var state = StateDirectory.OpenForReading(folder);
        return new StoredStudies(MetadataDatabase.Open(
            state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, readOnly: true));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken cancellationToken) => await studies.ListAsync(TimeProvider.System.GetUtcNow(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Page<StudyView>> ListAsync(StudyQuery query, CancellationToken cancellationToken) =>
        Page<StudyView>.Of(await studies.ListAsync(query, TimeProvider.System.GetUtcNow(), cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public async Task<StudyView?> FindAsync(string name, CancellationToken cancellationToken) =>
        await studies.FindAsync(name, TimeProvider.System.GetUtcNow(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<StudyView> RunAsync(StudyRequest request, CancellationToken cancellationToken) => throw NoServer();

    /// <inheritdoc/>
    public Task<StudyView> StopAsync(string name, StopRequest request, CancellationToken cancellationToken) => throw NoServer();

    /// <inheritdoc/>
    public Task<StudyView> ResumeAsync(string name, ResumeRequest request, CancellationToken cancellationToken) => throw NoServer();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        database.Dispose();
        return ValueTask.CompletedTask;
    }

    private static MeshException NoServer() => new("MESH9367", "No server runs on this state directory, so no study can be started, stopped or resumed. Start one: `mesh up`.");
}
