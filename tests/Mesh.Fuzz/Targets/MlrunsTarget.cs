using System.Text;
using Mesh.Testing;
using Mesh.Training.Tracking.Layout;

namespace Mesh.Fuzz.Targets;

/// <summary>MLflow's file layout, one file of it damaged.</summary>
public sealed class MlrunsTarget : FuzzTarget
{
    private const string RunId = "0123456789abcdef0123456789abcdef";

    private static readonly (string Path, string Text)[] Files =
    [
        ("7/meta.yaml", "artifact_location: file:///m/7\nexperiment_id: '7'\nlifecycle_stage: active\nname: 'lanes: v2'\n"),
        ($"7/{RunId}/meta.yaml", $"end_time: 1700000100456\nexperiment_id: \"7\"\nrun_id: {RunId}\nrun_name: |-\n  suave\nstart_time: 1700000000123\nstatus: 3\ntags: [a, {{b: c}}]\nuser_id: ~\n"),
        ($"7/{RunId}/metrics/loss", "1700000001000 0.5 0\n1700000002000 nan 1\n1700000003000 -inf 2\n"),
        ($"7/{RunId}/params/lr", "0.1"),
        ($"7/{RunId}/tags/mlflow.runName", "suave"),
    ];

    private readonly TemporaryFolder folder = new();

    /// <inheritdoc/>
    public override string Name => "mlruns";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Files.Select(file => new FuzzSample(file.Path, Encoding.UTF8.GetBytes(file.Text)))]);

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        foreach (var (path, text) in Files)
        {
            string full = Path.Combine(folder["mlruns"], path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await File.WriteAllBytesAsync(full, path == input.Name ? input.Bytes : Encoding.UTF8.GetBytes(text), cancellationToken);
        }

        try
        {
            int runs = 0;
            await foreach (var run in new LayoutReader(new LayoutLimits()).ReadAsync(folder["mlruns"], cancellationToken))
            {
                runs++;
                if (run.Document.Run.RunId != RunId) throw new FuzzException($"a run '{run.Document.Run.RunId}' that was not there");
            }

            return runs == 1;
        }
        catch (LayoutException)
        {
            return false;
        }
    }
}
