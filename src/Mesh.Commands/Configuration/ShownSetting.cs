namespace Mesh.Commands.Configuration;

/// <summary>A setting as it may be shown to anybody who may see settings at all: what is secret is only said to be there.</summary>
/// <param name="Name">Dotted name, as in <c>mesh.yaml</c>.</param>
/// <param name="Value">Its value; empty for none, <c>(set)</c> for a secret.</param>
/// <param name="Source">Where the value came from: a flag, a variable, <c>FILE:LINE</c> or <c>default</c>.</param>
/// <param name="Default">Value when nobody says otherwise.</param>
/// <param name="EnvironmentVariable">The variable that sets it.</param>
/// <param name="Description">What it does.</param>
public sealed record ShownSetting(string Name, string Value, string Source, string Default, string EnvironmentVariable, string Description)
{
    /// <summary>Whether somebody has said something else than the default.</summary>
    public bool IsChanged => Source != "default";

    /// <summary>All settings, in the order of <see cref="SettingKeys.All"/>.</summary>
    public static IReadOnlyList<ShownSetting> Of(Settings settings) => [.. settings.All.Select(Of)];

    private static ShownSetting Of(SettingValue value) => new(value.Key.Name, value.Shown, value.Source, value.Key.Default, value.Key.EnvironmentVariable, value.Key.Description);
}
