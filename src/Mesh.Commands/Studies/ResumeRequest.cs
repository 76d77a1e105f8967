namespace Mesh.Commands.Studies;

/// <summary>Asks for a study to go on.</summary>
/// <param name="Trials">Trials there may be from now on; null for as many as before.</param>
public sealed record ResumeRequest(int? Trials);
