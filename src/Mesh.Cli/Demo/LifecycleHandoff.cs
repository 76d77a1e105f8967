namespace Mesh.Cli.Demo;

/// <summary>A bundle that was handed over, and what its verification found.</summary>
/// <param name="Folder">The bundle.</param>
/// <param name="TrustFile">File with the keys to believe.</param>
/// <param name="Files">Files in it.</param>
/// <param name="Verified">Whether nothing is wrong.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record LifecycleHandoff(string Folder, string TrustFile, int Files, bool Verified, IReadOnlyList<string> Findings);
