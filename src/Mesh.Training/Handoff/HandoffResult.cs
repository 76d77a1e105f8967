using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff;

/// <summary>A bundle that was written.</summary>
/// <param name="Folder">Where.</param>
/// <param name="Files">Number of files.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="LeftOut">Variants that failed and so are not shipped, with the reason.</param>
/// <param name="Report">What its verification found.</param>
public sealed record HandoffResult(string Folder, int Files, long Bytes, IReadOnlyList<string> LeftOut, HandoffReport Report);
