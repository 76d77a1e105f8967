using Mesh.Commands.Media.Track;

namespace Mesh.Commands.Tests.Media;

public sealed class TrackSimplifierTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 2)]
    [InlineData(3, 10)]
    [InlineData(4, 50)]
    public void No_fix_is_further_than_the_tolerance_from_where_the_line_is_at_its_time(int seed, double tolerance)
    {
        var (times, east, north) = Wander(seed, 10_000);

        var kept = TrackSimplifier.Simplify(times, east, north, tolerance);

        kept[0].ShouldBe(0);
        kept[^1].ShouldBe(times.Length - 1);
        WorstDistance(times, east, north, kept).ShouldBeLessThanOrEqualTo(tolerance * 1.000001);
        kept.Count.ShouldBeLessThan(times.Length / 2);
    }

    [Fact]
    public void Leaving_out_a_kept_fix_breaks_the_tolerance_more_often_than_not()
    {
        var (times, east, north) = Wander(7, 2_000);
        var kept = TrackSimplifier.Simplify(times, east, north, 2);

        int needed = 0;
        for (int i = 1; i < kept.Count - 1; i++)
        {
            var without = new List<int>(kept);
            without.RemoveAt(i);
            if (WorstDistance(times, east, north, without) > 2) needed++;
        }

        needed.ShouldBeGreaterThan(kept.Count / 2);
    }

    [Fact]
    public void A_stop_on_a_straight_road_is_kept_because_the_cursor_stands_there_too()
    {
        double[] times = [.. Enumerable.Range(0, 300).Select(i => (double)i)], north = new double[300];
        double[] east = [.. times.Select(t => t < 100 ? t * 10 : t < 200 ? 1_000 : 1_000 + (t - 200) * 10)];

        TrackSimplifier.Simplify(times, east, north, 2).ShouldBe([0, 100, 200, 299]);
    }

    [Fact]
    public void A_straight_drive_at_one_speed_is_two_points()
    {
        double[] times = [.. Enumerable.Range(0, 1_000).Select(i => i * 0.1)];

        TrackSimplifier.Simplify(times, [.. times.Select(t => 13 * t)], [.. times.Select(t => -7 * t)], 0.1).ShouldBe([0, 999]);
    }

    [Fact]
    public void A_zigzag_that_keeps_every_fix_does_not_take_a_square_of_time()
    {
        int count = 200_000;
        double[] times = [.. Enumerable.Range(0, count).Select(i => (double)i)], north = [.. times.Select(t => t % 2 * 100)];

        TrackSimplifier.Simplify(times, times, north, 1).Count.ShouldBe(count);
    }

    [Fact]
    public void Nothing_and_one_fix_stay_as_they_are()
    {
        TrackSimplifier.Simplify([], [], [], 1).ShouldBeEmpty();
        TrackSimplifier.Simplify([1], [2], [3], 1).ShouldBe([0]);
    }

    private static double WorstDistance(double[] times, double[] east, double[] north, List<int> kept)
    {
        double worst = 0;
        for (int k = 1; k < kept.Count; k++)
        {
            int from = kept[k - 1], to = kept[k];
            for (int i = from + 1; i < to; i++)
            {
                double share = (times[i] - times[from]) / (times[to] - times[from]);
                worst = Math.Max(worst, double.Hypot(east[i] - double.Lerp(east[from], east[to], share), north[i] - double.Lerp(north[from], north[to], share)));
            }
        }

        return worst;
    }

    private static (double[] Times, double[] East, double[] North) Wander(int seed, int count)
    {
        var random = new Random(seed);
        double[] times = new double[count], east = new double[count], north = new double[count];
        double heading = 0, speed = 10;
        for (int i = 1; i < count; i++)
        {
            double step = 0.1 * (0.8 + 0.4 * random.NextDouble());
            heading += 0.05 * (random.NextDouble() - 0.5);
            speed = Math.Clamp(speed + 0.3 * (random.NextDouble() - 0.5), 0, 30);
            times[i] = times[i - 1] + step;
            east[i] = east[i - 1] + speed * step * Math.Sin(heading);
            north[i] = north[i - 1] + speed * step * Math.Cos(heading);
        }

        return (times, east, north);
    }
}
