using Mesh.Model;

namespace Mesh.Commands.Media.Timeline;

/// <summary>Guesses when what is known to be lost was recorded.</summary>
internal static class LossPlacing
{
    // How far from its share of the bytes a silence may be to explain a loss: messages are not of one size.
    private const double Reach = 0.1;

    /// <param name="losses">Damage by byte position.</param>
    /// <param name="fileBytes">Size of the recording.</param>
    /// <param name="duration">Seconds.</param>
    /// <param name="channels">Channels that are regular enough to have silences.</param>
    /// <param name="gaps">Their silences.</param>
    public static List<TimelineLoss> Place(IReadOnlyList<DataLoss> losses, long fileBytes, double duration, int channels, IReadOnlyList<TimelineGap> gaps)
    {
        var silences = losses.Count == 0 ? [] : Common(channels, gaps);
        var placed = new List<TimelineLoss>(losses.Count);
        foreach (var loss in losses)
        {
            double guess = fileBytes > 0 ? Math.Clamp((double)loss.Offset / fileBytes, 0, 1) * duration : 0;
            var (from, to) = silences.OrderBy(silence => Distance(silence, guess)).FirstOrDefault((double.NaN, double.NaN));
            placed.Add(Distance((from, to), guess) <= Reach * duration
                ? new TimelineLoss(from, to - from, "silence", loss.Code, loss.ToString())
                : new TimelineLoss(guess, 0, "position", loss.Code, loss.ToString()));
        }

        return placed;
    }

    private static double Distance((double From, double To) silence, double at) => Math.Max(0, Math.Max(silence.From - at, at - silence.To));

    /// <summary>Moments in which at least half of the channels are silent.</summary>
    private static List<(double From, double To)> Common(int channels, IReadOnlyList<TimelineGap> gaps)
    {
        var edges = gaps.SelectMany(gap => new[] { (At: gap.From, Step: 1), (At: gap.To, Step: -1) }).OrderBy(edge => edge.At).ThenBy(edge => edge.Step);
        var common = new List<(double From, double To)>();
        int silent = 0;
        double since = 0;
        foreach (var (at, step) in edges)
        {
            bool was = 2 * silent >= channels && silent > 0;
            silent += step;
            bool isCommon = 2 * silent >= channels && silent > 0;
            if (isCommon && !was) since = at;
            if (was && !isCommon && at > since) common.Add((since, at));
        }

        return common;
    }
}
