namespace Mesh.Commands.Signals;

/// <summary>The signals of recordings: what there is, what it looks like over a window, and its exact samples.</summary>
public interface ISignals : IAsyncDisposable
{
    /// <summary>The signals of a recording; null when there is no such recording. A unique prefix of the ingest id is enough.</summary>
    Task<SignalList?> ListAsync(string recording, CancellationToken cancellationToken);

    /// <summary>Signals over a window; null when there is no such recording.</summary>
    /// <exception cref="Model.MeshException"><c>MESH13100</c>: too many signals or columns; <c>MESH13101</c>: the window is none.</exception>
    Task<SignalWindow?> QueryAsync(string recording, SignalQuery query, CancellationToken cancellationToken);

    /// <summary>What signals do between two times; null when there is no such recording.</summary>
    /// <exception cref="Model.MeshException">As <see cref="QueryAsync"/>.</exception>
    Task<IReadOnlyList<SignalStatistics>?> MeasureAsync(string recording, SignalQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an export of all samples of signals between two times, ordered by time; null when there is no such recording. What is
    /// returned writes it to a stream.
    /// </summary>
    /// <exception cref="Model.MeshException">As <see cref="QueryAsync"/>; <c>MESH13102</c>: a signal cannot be had, and the message says why.</exception>
    Task<Func<Stream, CancellationToken, Task>?> ExportAsync(string recording, SignalQuery query, SignalExport format, CancellationToken cancellationToken);
}
