using System.Globalization;
using Mesh.Lakehouse.Metadata;
using Mesh.Training.Tracking.Search;

namespace Mesh.Training.Tracking;

public sealed partial class TrackingStore
{
    /// <summary>Makes an experiment.</summary>
    /// <param name="name">Name; no other experiment has it, not even a deleted one.</param>
    /// <param name="artifactLocation">Where clients put artefacts; empty for this server.</param>
    /// <param name="tags">Tags.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its id.</returns>
    public ValueTask<string> CreateExperimentAsync(string name, string? artifactLocation, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckName("experiment", name);
        foreach (var (key, value) in tags) TrackingLimits.CheckTag(key, value);
        if (artifactLocation is { Length: > 2_000 }) throw TrackingLimits.TooLong("The artefact location has more than 2,000 characters.");
        return database.WriteAsync(
            async transaction =>
            {
                if (await FindExperimentRowAsync(transaction, name).ConfigureAwait(false) is { } existing)
                {
                    string remedy = existing.IsDeleted != 0 ? "it was deleted and can be restored" : "choose another name";
                    throw new TrackingException("MESH9302", $"There is an experiment '{name}' already (id {existing.Id}): {remedy}.", TrackingFault.Exists);
                }

                return await AddExperimentAsync(transaction, name, artifactLocation, tags).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>An experiment by its id, deleted ones too.</summary>
    public ValueTask<Experiment> GetExperimentAsync(string experimentId, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await LoadAsync(session, await RequireExperimentAsync(session, experimentId).ConfigureAwait(false)).ConfigureAwait(false), cancellationToken);

    /// <summary>An experiment by its name, deleted ones too; null when there is none.</summary>
    public ValueTask<Experiment?> FindExperimentAsync(string name, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await FindExperimentRowAsync(session, name).ConfigureAwait(false) is { } row ? await LoadAsync(session, row).ConfigureAwait(false) : null, cancellationToken);

    /// <summary>Experiments that a filter lets through.</summary>
    /// <param name="filter">Conditions on <c>name</c>, <c>creation_time</c>, <c>last_update_time</c> and <c>tags.NAME</c>; null for all.</param>
    /// <param name="orderBy">What to sort by; then the newest first.</param>
    /// <param name="view">Deleted ones or not.</param>
    /// <param name="maxResults">Most experiments.</param>
    /// <param name="pageToken">Where to go on; null for the beginning.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<RunPage<Experiment>> SearchExperimentsAsync(
        string? filter, IReadOnlyList<string> orderBy, RunView view, int maxResults, string? pageToken, CancellationToken cancellationToken)
    {
        CheckCount(maxResults, TrackingLimits.MaxSearchResults);
        var sql = new SearchSql(database, SearchScope.Experiments, "experiment_id")
            .Add(FilterParser.Parse(filter, SearchScope.Experiments))
            .Add([.. orderBy.Select(order => FilterParser.ParseOrder(order, SearchScope.Experiments))]);
        string question = $"experiments\n{filter}\n{string.Join('\n', orderBy)}\n{view}";
        long offset = PageToken.Read(question, pageToken);
        sql.Parameters["limit"] = maxResults + 1;
        sql.Parameters["offset"] = offset;
        return database.ReadAsync(
            async session =>
            {
                var rows = await session.QueryAsync<ExperimentRow>(
                    $"SELECT {ExperimentRow.Columns} FROM tracking_experiments e WHERE {Deleted("e", view)}{sql.Where} ORDER BY {sql.Order}e.created_ms DESC, e.id LIMIT @limit OFFSET @offset", sql.Parameters).ConfigureAwait(false);
                var found = new List<Experiment>();
                foreach (var row in rows.Take(maxResults)) found.Add(await LoadAsync(session, row).ConfigureAwait(false));
                return new RunPage<Experiment>(found, rows.Count > maxResults ? PageToken.Make(question, offset + maxResults) : null);
            },
            cancellationToken);
    }

    /// <summary>Gives an experiment another name.</summary>
    public ValueTask RenameExperimentAsync(string experimentId, string name, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckName("experiment", name);
        return database.WriteAsync(
            async transaction =>
            {
                var row = await RequireActiveExperimentAsync(transaction, experimentId).ConfigureAwait(false);
                if (await FindExperimentRowAsync(transaction, name).ConfigureAwait(false) is { } other && other.Id != row.Id)
                {
                    throw new TrackingException("MESH9302", $"There is an experiment '{name}' already (id {other.Id}): choose another name.", TrackingFault.Exists);
                }

                await transaction.ExecuteAsync("UPDATE tracking_experiments SET name = @name, updated_ms = @now WHERE id = @Id", new { name, now = ToMs(time.GetUtcNow()), row.Id }).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>Deletes an experiment with its runs, or restores both.</summary>
    public ValueTask SetExperimentDeletedAsync(string experimentId, bool isDeleted, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            var row = await RequireExperimentAsync(transaction, experimentId).ConfigureAwait(false);
            if (row.IsDeleted != 0 == isDeleted) throw new TrackingException("MESH9304", $"The experiment '{row.Name}' is {(isDeleted ? "deleted already" : "not deleted")}.");
            if (isDeleted && row.Id == 0) throw new TrackingException("MESH9304", "The default experiment cannot be deleted.");
            var values = new { row.Id, deleted = isDeleted ? 1 : 0, now = ToMs(time.GetUtcNow()) };
            await transaction.ExecuteAsync("UPDATE tracking_experiments SET is_deleted = @deleted, updated_ms = @now WHERE id = @Id", values).ConfigureAwait(false);
            await transaction.ExecuteAsync("UPDATE tracking_runs SET is_deleted = @deleted WHERE experiment_id = @Id", values).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Sets a tag of an experiment.</summary>
    public ValueTask SetExperimentTagAsync(string experimentId, string key, string value, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckTag(key, value);
        return database.WriteAsync(
            async transaction =>
            {
                var row = await RequireActiveExperimentAsync(transaction, experimentId).ConfigureAwait(false);
                await SetExperimentTagAsync(transaction, row.Id, key, value).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>The experiment of a name, made when there is none and restored when it was deleted.</summary>
    internal async Task<long> EnsureExperimentAsync(MetadataTransaction transaction, string name)
    {
        if (await FindExperimentRowAsync(transaction, name).ConfigureAwait(false) is not { } row)
        {
            return long.Parse(await AddExperimentAsync(transaction, name, null, new Dictionary<string, string>()).ConfigureAwait(false), CultureInfo.InvariantCulture);
        }

        if (row.IsDeleted != 0) await transaction.ExecuteAsync("UPDATE tracking_experiments SET is_deleted = 0 WHERE id = @Id", new { row.Id }).ConfigureAwait(false);
        return row.Id;
    }

    private async Task<string> AddExperimentAsync(MetadataTransaction transaction, string name, string? artifactLocation, IReadOnlyDictionary<string, string> tags)
    {
        long id = await transaction.ScalarAsync<long>("SELECT MAX(id) + 1 FROM tracking_experiments").ConfigureAwait(false);
        string location = string.IsNullOrEmpty(artifactLocation) ? ArtifactScheme + Text(id) : artifactLocation.TrimEnd('/');
        await transaction.ExecuteAsync(
            "INSERT INTO tracking_experiments (id, name, artifact_location, created_ms, updated_ms) VALUES (@id, @name, @location, @now, @now)",
            new { id, name, location, now = ToMs(time.GetUtcNow()) }).ConfigureAwait(false);
        foreach (var (key, value) in tags) await SetExperimentTagAsync(transaction, id, key, value).ConfigureAwait(false);
        return Text(id);
    }

    private static Task SetExperimentTagAsync(MetadataTransaction transaction, long id, string key, string value) => transaction.ExecuteAsync(
        "INSERT INTO tracking_experiment_tags (experiment_id, key, value) VALUES (@id, @key, @value) ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value", new { id, key, value });

    private static Task<ExperimentRow?> FindExperimentRowAsync(MetadataSession session, string name) =>
        session.FirstOrDefaultAsync<ExperimentRow>($"SELECT {ExperimentRow.Columns} FROM tracking_experiments e WHERE e.name = @name", new { name });

    private static async Task<ExperimentRow> RequireExperimentAsync(MetadataSession session, string experimentId) =>
        (long.TryParse(experimentId, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? await session.FirstOrDefaultAsync<ExperimentRow>($"SELECT {ExperimentRow.Columns} FROM tracking_experiments e WHERE e.id = @id", new { id }).ConfigureAwait(false)
            : null) ?? throw NoExperiment(experimentId);

    private static async Task<ExperimentRow> RequireActiveExperimentAsync(MetadataSession session, string experimentId)
    {
        var row = await RequireExperimentAsync(session, experimentId).ConfigureAwait(false);
        return row.IsDeleted == 0 ? row : throw new TrackingException("MESH9304", $"The experiment '{row.Name}' was deleted. Restore it first.");
    }

    private static async Task<Experiment> LoadAsync(MetadataSession session, ExperimentRow row)
    {
        var tags = await session.QueryAsync<PairRow>("SELECT key Key, value Value FROM tracking_experiment_tags WHERE experiment_id = @Id ORDER BY key", new { row.Id }).ConfigureAwait(false);
        return new Experiment
        {
            ExperimentId = Text(row.Id),
            Name = row.Name,
            ArtifactLocation = row.ArtifactLocation,
            IsDeleted = row.IsDeleted != 0,
            CreatedAt = ToTime(row.CreatedMs),
            UpdatedAt = ToTime(row.UpdatedMs),
            Tags = tags.ToDictionary(tag => tag.Key, tag => tag.Value),
        };
    }

    private static string Deleted(string table, RunView view) => view switch
    {
        RunView.Active => $"{table}.is_deleted = 0",
        RunView.Deleted => $"{table}.is_deleted = 1",
        _ => $"{table}.is_deleted >= 0",
    };

    private static void CheckCount(int maxResults, int most)
    {
        if (maxResults < 1 || maxResults > most) throw TrackingLimits.Invalid($"The number of results is {maxResults}, but should be 1 to {most:N0}.");
    }

    private sealed class ExperimentRow
    {
        public const string Columns = "e.id Id, e.name Name, e.artifact_location ArtifactLocation, e.is_deleted IsDeleted, e.created_ms CreatedMs, e.updated_ms UpdatedMs";

        public long Id { get; init; }
        public string Name { get; init; } = "";
        public string ArtifactLocation { get; init; } = "";
        public long IsDeleted { get; init; }
        public long CreatedMs { get; init; }
        public long UpdatedMs { get; init; }
    }
}
