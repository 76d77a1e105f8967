namespace Mesh.Commands.Live;

/// <summary>A point of <see cref="LiveHistory"/>.</summary>
/// <param name="At">When it ends.</param>
/// <param name="RowsPerSecond">Rows that ingest and telemetry wrote, on average since the point before.</param>
/// <param name="BytesPerSecond">Bytes of recordings that arrived, likewise.</param>
/// <param name="Lag">Events that groups of Mesh have not finished.</param>
/// <param name="OpenLetters">Open dead letters.</param>
/// <param name="Unfinished">Recordings that are neither in every table nor dead letters.</param>
public readonly record struct LiveSample(DateTimeOffset At, double RowsPerSecond, double BytesPerSecond, long Lag, long OpenLetters, long Unfinished);
