namespace Mesh.Simulation;

/// <summary>Names of manoeuvres as the label channel writes them.</summary>
public static class ManoeuvreLabels
{
    /// <summary>Labels by class id.</summary>
    public static IReadOnlyList<string> All { get; } = ["standstill", "accelerate", "cruise", "brake", "turn_left", "turn_right", "lane_change"];

    /// <summary>The label of a manoeuvre.</summary>
    public static string Label(this Manoeuvre manoeuvre) => All[(int)manoeuvre];
}
