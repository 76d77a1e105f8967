namespace Mesh.Training.Handoff.Signing;

/// <summary>A file in a signed list (OMS 1.0, 5.2.1).</summary>
/// <param name="Name">Path below the bundle, with <c>/</c>.</param>
/// <param name="Algorithm">Of the digest.</param>
/// <param name="Digest">Lower-case hex.</param>
internal sealed record OmsResource(string Name, string Algorithm, string Digest);
