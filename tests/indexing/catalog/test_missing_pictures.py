"""Missing pictures, counted by host and folder."""

from indexing.catalog.missing_pictures import missing_pictures
from indexing.catalog.rejects import Reject


def rejects(*pairs):
    return [Reject("1", "image", reference, reason) for reference, reason in pairs]


def test_they_are_counted_by_host_and_folder_with_how_many_there_are(catalog_of):
    images = [["a/1.png", "https://shop/1.png"], ["a/2.png", "https://shop/2.png"], ["b/1.png", "https://other/1.png"]]
    catalog = catalog_of(images=[*images, ["a/sub/3.png"], ["a/1.png"], None])
    gone = rejects(
        ("a/1.png", "no such file"),
        ("a/1.png", "no such file"),  # of two products
        ("a/2.png", "cannot be read: it is a folder"),
        ("https://shop/2.png", "cannot be fetched: time is up"),
        ("b/1.png", "no picture: begins with b'<html>'"),
    )
    found = missing_pictures(catalog, [*gone, Reject("1", "price", "a/9.png", "no such file")])
    assert [(one.place, one.missing, one.pictures) for one in found] == [
        (str(catalog.pictures / "a"), 2, 2),
        ("https://shop", 1, 2),
    ]
    assert found[0].line() == f"none of 2 pictures of the folder {catalog.pictures / 'a'} can be had (no such file)"
    assert found[1].line() == "1 of 2 pictures of https://shop cannot be had (cannot be fetched)"


def test_pictures_beside_the_file_are_of_its_folder(catalog_of):
    catalog = catalog_of(images=[["1.png"], ["2.png"], ["deep/1.png"]])
    (found,) = missing_pictures(catalog, rejects(("1.png", "no such file")))
    assert (found.place, found.missing, found.pictures) == (str(catalog.pictures), 1, 2)


def test_the_places_with_most_of_them_are_told_and_none_where_none_is_missing(catalog_of):
    references = [
        f"{folder}/{number}.png"
        for folder, count in zip("abcde", (1, 5, 2, 4, 3), strict=True)
        for number in range(count)
    ]
    catalog = catalog_of(images=[[reference] for reference in references])
    found = missing_pictures(catalog, rejects(*((reference, "no such file") for reference in references)))
    assert [one.missing for one in found] == [5, 4, 3]
    assert missing_pictures(catalog, []) == []
