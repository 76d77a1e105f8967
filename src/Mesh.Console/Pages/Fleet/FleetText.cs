using System.Text;

namespace Mesh.Console.Pages.Fleet;

/// <summary>How recordings and vehicles are called.</summary>
internal static class FleetText
{
    /// <summary>A recording's state for people: the badge's kind, the word, and what it means.</summary>
    public static (string Kind, string Word, string Meaning) State(string state) => state switch
    {
        "accepted" => ("info", "accepted", "Durable; not read yet."),
        "written" => ("info", "in work", "Read; not yet in every table."),
        "committed" => ("ok", "committed", "In every table."),
        "deadlettered" => ("bad", "failed", "Could not be read, or a table refused it."),
        _ => ("idle", state, ""),
    };

    /// <summary>A vehicle's page.</summary>
    public static string VehicleUrl(string vehicle) => $"/vehicles/{Uri.EscapeDataString(vehicle)}";

    /// <summary>A name of the program's as words: <c>GatesEvaluated</c> → <c>gates evaluated</c>.</summary>
    public static string Words(string name)
    {
        var words = new StringBuilder(name.Length + 4);
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && words.Length > 0) words.Append(' ');
            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }
}
