using System.Text.Json;
using Google.Protobuf;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>
/// The studies of the metadata database, their trials and what these reported. A trial and the request for its job are one transaction, so that
/// neither is without the other.
/// </summary>
public sealed partial class StudyStore
{
    private const string StudyColumns =
        """
        name Name, yaml Yaml, request Request, state State, reason Reason, most_trials MostTrials, created_at_us CreatedAtUs, clock_from_us ClockFromUs,
        ended_at_us EndedAtUs, revision Revision
        """;

    private const string TrialColumns =
        """
        t.study Study, t.number Number, t.state State, t.parameters Parameters, t.resource Resource, t.value Value, t.reason Reason, t.trigger_id TriggerId, t.round Round,
        t.has_ended HasEnded, t.seconds Seconds, t.asked_at_us AskedAtUs, j.job_id JobId, j.state JobState, j.reason JobReason, j.attempts JobAttempts, j.started_at_us StartedAtUs,
        j.finished_at_us FinishedAtUs, j.model_version ModelVersion
        """;

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE studies (
            name TEXT NOT NULL PRIMARY KEY, yaml TEXT NOT NULL, request BLOB NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, most_trials INTEGER,
            created_at_us INTEGER NOT NULL, clock_from_us INTEGER NOT NULL, ended_at_us INTEGER, revision INTEGER NOT NULL);
        CREATE TABLE study_trials (
            study TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, parameters TEXT NOT NULL, resource INTEGER, value DOUBLE PRECISION, reason TEXT,
            trigger_id TEXT NOT NULL, round INTEGER NOT NULL, has_ended INTEGER NOT NULL, seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
            asked_at_us INTEGER NOT NULL, PRIMARY KEY (study, number));
        CREATE TABLE study_reports (
            study TEXT NOT NULL, number INTEGER NOT NULL, step INTEGER NOT NULL, value DOUBLE PRECISION NOT NULL, PRIMARY KEY (study, number, step));
        """,
    ];

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its tables.</param>
    public StudyStore(MetadataDatabase database)
    {
        this.database = database;
        _ = new JobStore(database);
        database.Migrate("studies", Scripts);
    }

    /// <summary>Studies, newest first, without their trials.</summary>
    /// <param name="now">For the time of what runs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<IReadOnlyList<StudyView>> ListAsync(DateTimeOffset now, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var studies = await session.QueryAsync<StudyRow>($"SELECT {StudyColumns} FROM studies ORDER BY created_at_us DESC, name").ConfigureAwait(false);
            var trials = (await session.QueryAsync<TrialRow>($"SELECT {TrialColumns} FROM study_trials t LEFT JOIN jobs j ON j.trigger_id = t.trigger_id").ConfigureAwait(false)).ToLookup(trial => trial.Study);
            return (IReadOnlyList<StudyView>)[.. studies.Select(study => Summarise(study, trials[study.Name], now))];
        },
        cancellationToken);

    /// <summary>A page of studies without their trials, and how many there are on all.</summary>
    /// <param name="query">Which.</param>
    /// <param name="now">For the time of what runs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<(IReadOnlyList<StudyView> Items, long Total)> ListAsync(StudyQuery query, DateTimeOffset now, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = new PageSql(database).Contains(query.Text, null, "name", "reason").Equal("state", query.State?.ToString().ToLowerInvariant());
            string direction = query.Descending ? "DESC" : "ASC";
            var (studies, total) = await sql.ReadAsync<StudyRow>(
                session, query,
                $"SELECT {StudyColumns} FROM studies WHERE {sql.Conditions} ORDER BY {(query.Sort == StudySort.Name ? $"name {direction}" : $"created_at_us {direction}, name")}", "studies").ConfigureAwait(false);
            if (studies.Count == 0) return ([], total);
            var names = new PageSql(database);
            string list = string.Join(", ", studies.Select(study => names.Parameter(study.Name)));
            var trials = (await session.QueryAsync<TrialRow>(
                $"SELECT {TrialColumns} FROM study_trials t LEFT JOIN jobs j ON j.trigger_id = t.trigger_id WHERE t.study IN ({list})", names.Parameters).ConfigureAwait(false)).ToLookup(trial => trial.Study);
            return ((IReadOnlyList<StudyView>)[.. studies.Select(study => Summarise(study, trials[study.Name], now))], total);
        },
        cancellationToken);

    /// <summary>A study with its trials; null when there is none.</summary>
    /// <param name="name">Name of the study.</param>
    /// <param name="now">For the time of what runs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async ValueTask<StudyView?> FindAsync(string name, DateTimeOffset now, CancellationToken cancellationToken) =>
        await LoadAsync(name, cancellationToken).ConfigureAwait(false) is { } snapshot ? Describe(snapshot, now) : null;

    /// <summary>Snapshots that running and stopped studies will read again.</summary>
    public ValueTask<IReadOnlySet<long>> ListSnapshotsInUseAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlySet<long>)(await session.QueryAsync<byte[]>("SELECT request FROM studies WHERE state <> 'finished'").ConfigureAwait(false))
            .SelectMany(request => JobRequested.Parser.ParseFrom(request).Inputs).Select(input => input.ToSnapshotId).ToHashSet(),
        cancellationToken);

    /// <summary>Studies that need looking after: that run, or whose trials' jobs have not all ended.</summary>
    internal ValueTask<IReadOnlyList<string>> ListActiveAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<string>)await session.QueryAsync<string>(
            "SELECT name FROM studies s WHERE state = 'running' OR EXISTS (SELECT 1 FROM study_trials t WHERE t.study = s.name AND t.has_ended = 0) ORDER BY created_at_us, name").ConfigureAwait(false),
        cancellationToken);

    /// <summary>A study as it is; null when there is none.</summary>
    internal ValueTask<StudySnapshot?> LoadAsync(string name, CancellationToken cancellationToken) => database.ReadAsync(session => LoadAsync(session, name), cancellationToken);

    private static async Task<StudySnapshot?> LoadAsync(MetadataSession session, string name)
    {
        if (await session.FirstOrDefaultAsync<StudyRow>($"SELECT {StudyColumns} FROM studies WHERE name = @name", new { name }).ConfigureAwait(false) is not { } study) return null;
        var trials = await session.QueryAsync<TrialRow>(
            $"SELECT {TrialColumns} FROM study_trials t LEFT JOIN jobs j ON j.trigger_id = t.trigger_id WHERE t.study = @name ORDER BY t.number, j.requested_at_us DESC, j.job_id", new { name }).ConfigureAwait(false);
        var reports = await session.QueryAsync<ReportRow>(
            "SELECT number Number, step Step, value Value FROM study_reports WHERE study = @name ORDER BY number, step", new { name }).ConfigureAwait(false);
        // A request that is delivered again after an upgrade is another job; the newest counts.
        return new StudySnapshot(study, [.. trials.DistinctBy(trial => trial.Number)], reports.ToLookup(report => report.Number, report => new TrialReport(report.Step, report.Value)).ToDictionary(group => group.Key, group => (IReadOnlyList<TrialReport>)[.. group]));
    }

    private static StudyView Summarise(StudyRow study, IEnumerable<TrialRow> trials, DateTimeOffset now)
    {
        var snapshot = new StudySnapshot(study, [.. trials.DistinctBy(trial => trial.Number).OrderBy(trial => trial.Number)], new Dictionary<int, IReadOnlyList<TrialReport>>());
        return Describe(snapshot, now) with { Trials = [], Importance = [], Yaml = "" };
    }

    private static StudyView Describe(StudySnapshot snapshot, DateTimeOffset now)
    {
        var (study, trials, _) = snapshot;
        var definition = study.Definition;
        var session = snapshot.Session(definition);
        var template = study.Template;
        var best = session.Best;
        double seconds = trials.Sum(trial => trial.SecondsUntil(now));
        return new StudyView
        {
            Name = study.Name,
            Owner = definition.Owner,
            State = study.ParsedState,
            Reason = study.Reason,
            Metric = definition.Metric,
            Direction = definition.Search.Direction,
            Trainer = template.Trainer,
            Model = template.Model,
            MostTrials = session.Most,
            TrialCount = trials.Count,
            Counts = new SortedDictionary<string, int>(trials.GroupBy(trial => trial.State).ToDictionary(group => group.Key, group => group.Count()), StringComparer.Ordinal),
            Best = best?.Number,
            BestValue = best?.Value,
            ModelVersion = best is null ? null : trials[best.Number].ModelVersion,
            JobSeconds = Math.Round(seconds, 3),
            Cost = definition.Budget.PricePerHour > 0 ? seconds / 3600 * definition.Budget.PricePerHour : null,
            CreatedAt = study.CreatedAt,
            EndedAt = study.EndedAtUs is { } ended ? UnixMicros.ToTime(ended) : null,
            Trials = [.. trials.Select(trial => trial.ToTrial(snapshot.ReportsOf(trial.Number), now))],
            Importance = ParameterImportance.Measure(definition.Space, session.Trials),
            Yaml = study.Yaml,
        };
    }

    private sealed class ReportRow
    {
        public int Number { get; init; }
        public long Step { get; init; }
        public double Value { get; init; }
    }
}
