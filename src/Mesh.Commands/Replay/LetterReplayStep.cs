namespace Mesh.Commands.Replay;

/// <summary>A recording that a replay of dead letters reads again.</summary>
/// <param name="IngestId">The recording.</param>
/// <param name="FileName">Its file.</param>
/// <param name="Topology">Topology whose tables get the rows, <c>NAME@V</c>.</param>
/// <param name="Mode">How it is replayed.</param>
/// <param name="Letters">Letters; those that have to be replayed together with the ones asked for are among them.</param>
/// <param name="Messages">Messages that the letters asked for stand for.</param>
/// <param name="SizeBytes">Size of the recording.</param>
public sealed record LetterReplayStep(string IngestId, string FileName, string Topology, ReplayItemMode Mode, int Letters, long Messages, long SizeBytes);
