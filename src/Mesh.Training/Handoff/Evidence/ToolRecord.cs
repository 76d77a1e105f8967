namespace Mesh.Training.Handoff.Evidence;

/// <summary>A tool whose faults could end in the model or go unnoticed (ISO 26262-8, confidence in tools).</summary>
/// <param name="Id">Identity.</param>
/// <param name="Name">The tool.</param>
/// <param name="Version">Its version; <c>unknown</c> when it is not recorded.</param>
/// <param name="UseCase">What it is used for.</param>
/// <param name="Ti">Tool impact, 1 or 2.</param>
/// <param name="Td">Tool error detection, 1 to 3.</param>
/// <param name="Tcl">Tool confidence level, 1 to 3: what the matrix gives.</param>
/// <param name="Basis">Who classified it.</param>
/// <param name="Qualification">How it was qualified; <c>none recorded</c> when it was not.</param>
/// <param name="Owner">Who confirms this.</param>
public sealed record ToolRecord(string Id, string Name, string Version, string UseCase, int Ti, int Td, int Tcl, string Basis, string Qualification, string Owner)
{
    /// <summary>The level that the matrix gives: without impact 1, else as hard to detect as it is. 0 for classes that there are not.</summary>
    public static int LevelOf(int ti, int td) => (ti, td) switch
    {
        (1, >= 1 and <= 3) => 1,
        (2, >= 1 and <= 3) => td,
        _ => 0,
    };
}
