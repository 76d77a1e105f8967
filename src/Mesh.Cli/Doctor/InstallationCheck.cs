namespace Mesh.Cli.Doctor;

/// <summary>What was found about one part of the installation.</summary>
/// <param name="Part">The part.</param>
/// <param name="State">How it is.</param>
/// <param name="Text">What was found.</param>
/// <param name="Remedy">What to do; null when there is nothing to do.</param>
internal sealed record InstallationCheck(string Part, CheckState State, string Text, string? Remedy = null)
{
    /// <summary>Whether Mesh can work with it.</summary>
    public bool Sound => State != CheckState.Fail;

    public static InstallationCheck Ok(string part, string text) => new(part, CheckState.Ok, text);

    public static InstallationCheck Warn(string part, string text, string remedy) => new(part, CheckState.Warn, text, remedy);

    public static InstallationCheck Fail(string part, string text, string? remedy = null) => new(part, CheckState.Fail, text, remedy);
}
