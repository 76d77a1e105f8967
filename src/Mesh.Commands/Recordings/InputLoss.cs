using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>A damaged place of an input.</summary>
/// <param name="File">The input.</param>
/// <param name="Loss">Where, how much, and what was expected there.</param>
public sealed record InputLoss(string File, DataLoss Loss);
