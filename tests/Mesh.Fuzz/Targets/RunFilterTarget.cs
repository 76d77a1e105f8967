using System.Text;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Tracking;

namespace Mesh.Fuzz.Targets;

/// <summary>Filters and orders of run searches: parsed, made SQL of and asked of a database.</summary>
public sealed class RunFilterTarget : FuzzTarget
{
    private static readonly string[] Samples =
    [
        "metrics.accuracy > 0.8 AND params.lr = '0.1' AND tags.x LIKE '%a%' AND attributes.status = 'FINISHED'", "tags.`a b` ILIKE \"%X_[?\" and metrics.\"val loss\" <= 1e-5",
        "params.lr IN ('0.1', '0.2') AND run_name NOT IN ('a')", "params.lr IS NULL AND tags.x IS NOT NULL", "attributes.start_time >= 2000 AND end_time != 5", "datasets.name = 'drive' AND dataset.context LIKE '_'",
    ];

    private readonly TemporaryFolder folder = new();
    private TrackingStore? store;

    /// <inheritdoc/>
    public override string Name => "run-filter";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Samples.Select((text, i) => new FuzzSample($"filter-{i}", Encoding.UTF8.GetBytes(text)))]);

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        store ??= await OpenAsync(cancellationToken);
        string text = Encoding.UTF8.GetString(input.Bytes);
        try
        {
            string[] order = random.Next(2) == 0 ? [] : [text.Split(' ')[0] + (random.Next(2) == 0 ? " DESC" : "")];
            var found = await store.SearchRunsAsync(["0"], text, order, RunView.All, 10, null, cancellationToken);
            // A condition leaves runs out, it never makes any up or shows those of another experiment.
            if (found.Items.Any(run => run.ExperimentId != "0")) throw new FuzzException("a run of another experiment");
            return true;
        }
        catch (MeshException exception) when (exception.Code is "MESH9308" or "MESH9310" or "MESH9306")
        {
            return false;
        }
    }

    private async Task<TrackingStore> OpenAsync(CancellationToken cancellationToken)
    {
        var made = new TrackingStore(MetadataDatabase.Open(folder["mesh.db"]), TimeProvider.System);
        string other = await made.CreateExperimentAsync("other", null, new Dictionary<string, string>(), cancellationToken);
        foreach (string experiment in new[] { "0", other })
        {
            var run = await made.CreateRunAsync(experiment, null, "", null, new Dictionary<string, string> { ["x"] = "banana" }, cancellationToken);
            await made.LogAsync(run.RunId, [new LoggedMetric("accuracy", 0.9, 1, 1)], [new("lr", "0.1")], [], cancellationToken);
        }

        return made;
    }
}
