namespace Mesh.Commands.Studies;

/// <summary>Asks for a study.</summary>
/// <param name="FileName">Name of its file, for errors.</param>
/// <param name="Yaml">Text of the file.</param>
public sealed record StudyRequest(string FileName, string Yaml);
