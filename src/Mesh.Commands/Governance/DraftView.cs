namespace Mesh.Commands.Governance;

/// <summary>An entry to sign.</summary>
/// <param name="Entry">Its canonical form; exactly these bytes are signed.</param>
public sealed record DraftView(string Entry);
