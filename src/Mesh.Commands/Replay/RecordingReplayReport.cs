namespace Mesh.Commands.Replay;

/// <summary>What a replay of recordings takes.</summary>
/// <param name="Replay">The replay; null when it was only planned.</param>
/// <param name="Topology">Topology and version, <c>NAME@V</c>.</param>
/// <param name="Recordings">Recordings it takes.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="AlreadyThere">Recordings that this version has already; they are left out.</param>
/// <param name="Gone">Recordings whose landing object retention has deleted; they cannot be replayed.</param>
/// <param name="WithoutTimes">Recordings left out because a time range was asked for and none of their messages has a row, so that their time is not known.</param>
public sealed record RecordingReplayReport(ReplayEntry? Replay, string Topology, int Recordings, long Bytes, int AlreadyThere, int Gone, int WithoutTimes);
