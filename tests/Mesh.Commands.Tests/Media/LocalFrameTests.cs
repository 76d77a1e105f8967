using Mesh.Commands.Media.Track;

namespace Mesh.Commands.Tests.Media;

public sealed class LocalFrameTests
{
    // Computed by PROJ 9.1.1: +proj=pipeline +step +proj=cart +ellps=WGS84 +step +proj=topocentric +ellps=WGS84 +lon_0 +lat_0 +h_0.
    [Theory]
    [InlineData(48.14, 11.58, 520, 48.1351, 11.582, 519, -148.858562, 544.892093, 0.974966)]
    [InlineData(48.3, 11.8, 480, 48.1351, 11.582, 519, 16174.960373, 18360.254008, -85.924139)]
    [InlineData(-33.85, 151.21, 10, -33.9, 151.1, 50, 10180.163756, 5540.564106, -50.530997)]
    [InlineData(0.001, -179.999, 0, 0, 179.999, 0, 222.638982, 110.574276, -0.004851)]
    [InlineData(89.99, 45, 100, 89.9, -30, 0, 1078.897848, 10880.477167, 90.659796)]
    public void East_north_and_up_are_those_that_PROJ_computes(
        double lat, double lon, double alt, double originLat, double originLon, double originAlt, double east, double north, double up)
    {
        var (e, n, u) = new LocalFrame(new Geodetic(originLat, originLon, originAlt)).ToLocal(new Geodetic(lat, lon, alt));

        e.ShouldBe(east, 2e-6);
        n.ShouldBe(north, 2e-6);
        u.ShouldBe(up, 2e-6);
    }

    [Fact]
    public void Earth_centred_coordinates_are_those_that_PROJ_computes()
    {
        var (x, y, z) = LocalFrame.ToEarthCentred(new Geodetic(48.1351, 11.582, 519));

        x.ShouldBe(4178048.7370364103, 1e-6);
        y.ShouldBe(856262.446930049, 1e-6);
        z.ShouldBe(4727301.3425904615, 1e-6);
    }

    [Fact]
    public void The_cheap_form_would_be_tens_of_metres_off_at_twenty_kilometres()
    {
        var origin = new Geodetic(48.1351, 11.582, 519);
        var place = new Geodetic(48.3, 11.8, 519);
        var (east, north, _) = new LocalFrame(origin).ToLocal(place);
        double cheapEast = double.DegreesToRadians(place.Lon - origin.Lon) * 6_378_137 * Math.Cos(double.DegreesToRadians(origin.Lat));
        double cheapNorth = double.DegreesToRadians(place.Lat - origin.Lat) * 6_378_137;

        double.Hypot(east - cheapEast, north - cheapNorth).ShouldBeGreaterThan(20);
    }
}
