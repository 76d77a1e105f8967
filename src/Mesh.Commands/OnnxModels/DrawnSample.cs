namespace Mesh.Commands.OnnxModels;

/// <summary>A sample with the identity of its rows.</summary>
/// <param name="Recording">Recording.</param>
/// <param name="Channel">Channel; empty where the table has none.</param>
/// <param name="Sequence">Sequence number of its first row.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="Values">Their values, row by row.</param>
internal sealed record DrawnSample(string Recording, string Channel, long Sequence, int Rows, float[] Values);
