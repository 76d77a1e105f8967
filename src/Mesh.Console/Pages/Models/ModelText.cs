using System.Globalization;

namespace Mesh.Console.Pages.Models;

/// <summary>Models in words, and where their pages are.</summary>
internal static class ModelText
{
    /// <summary>Address of a model.</summary>
    public static string Url(string name) => $"/models/{Uri.EscapeDataString(name)}";

    /// <summary>Address of a version.</summary>
    public static string Url(string name, int version) => string.Create(CultureInfo.InvariantCulture, $"/models/{Uri.EscapeDataString(name)}/{version}");

    /// <summary>Kind of badge of a state; states of a lifecycle of one's own have none.</summary>
    public static string Badge(string state) => state switch
    {
        "released" => "ok",
        "rejected" => "bad",
        "candidate" => "info",
        "validated" or "approved" => "info",
        _ => "idle",
    };

    /// <summary>A value of a metric.</summary>
    public static string Value(double? value) => value is { } known ? known.ToString("0.####", CultureInfo.InvariantCulture) : "–";
}
