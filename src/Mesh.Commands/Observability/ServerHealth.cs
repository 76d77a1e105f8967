using Mesh.Model;

namespace Mesh.Commands.Observability;

/// <summary>Examines the parts of a server, at most every two seconds however often it is asked. Thread-safe.</summary>
/// <param name="probes">The parts.</param>
/// <param name="time">Clock.</param>
/// <param name="patience">How long a part may take to answer (default: 5 s).</param>
public sealed class ServerHealth(IReadOnlyList<HealthProbe> probes, TimeProvider time, TimeSpan? patience = null) : IDisposable
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);

    private readonly TimeSpan patience = patience ?? TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim turn = new(1);
    private volatile HealthReport? last;

    /// <summary>What was found last; null before the first examination.</summary>
    public HealthReport? Last => last;

    /// <summary>How the server is. A part that does not answer in time has failed.</summary>
    public async Task<HealthReport> ExamineAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (last is { } known && time.GetUtcNow() - known.At < Freshness) return known;
            var checks = await Task.WhenAll(probes.Select(probe => ExamineAsync(probe, cancellationToken))).ConfigureAwait(false);
            var report = new HealthReport(
                checks.Max(check => check.State),
                !probes.Where((probe, i) => probe.IsLiveness && checks[i].State == HealthState.Failed).Any(),
                checks.All(check => check.State != HealthState.Failed),
                time.GetUtcNow(), checks);
            last = report;
            return report;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private async Task<HealthCheck> ExamineAsync(HealthProbe probe, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            return await probe.ExamineAsync(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheck(probe.Name, HealthState.Failed, $"No answer within {patience.TotalSeconds:0.#} s.", $"See what holds it up: the log of the server, the load of what the {probe.Name} rests on.");
        }
        catch (MeshException exception)
        {
            return new HealthCheck(probe.Name, HealthState.Failed, $"{exception.Code}: {exception.Message}", "The message says what to do.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new HealthCheck(probe.Name, HealthState.Failed, $"{exception.GetType().Name}: {exception.Message}", "See the log of the server.");
        }
    }
}
