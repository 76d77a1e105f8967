using System.Globalization;
using Mesh.Console.Hosting;

namespace Mesh.Console.Pages.Recordings;

/// <summary>The moment a page of a recording shows, <c>t</c> of its address.</summary>
internal static class RecordingTime
{
    /// <summary>Seconds since the recording's start; 0 where the address names none.</summary>
    public static double Of(PageRequest request) =>
        double.TryParse(request.Query("t"), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && double.IsFinite(seconds) ? Math.Clamp(seconds, 0, 1e9) : 0;

    /// <summary>A moment as addresses have it: to the nanosecond, without digits that say nothing.</summary>
    public static string Text(double seconds) => seconds.ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>Index of the last of some ascending times that is not later; -1 when all are.</summary>
    public static int LastAt(IReadOnlyList<double> times, double seconds)
    {
        int low = 0, high = times.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (times[middle] <= seconds) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }
}
